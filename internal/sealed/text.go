package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// NoSum stands in a text where Sign puts its checksum.
var NoSum = strings.Repeat("0", 2*sha256.Size)

// Sign replaces the last NoSum of a text by the text's SHA-256, in hexadecimal digits. It is for files
// that people read, such as JSON; the text must hold a NoSum.
func Sign(text []byte) []byte {
	sum := sha256.Sum256(text)
	out := slices.Clone(text)
	// The last one: a text may hold as many zeros elsewhere.
	copy(out[bytes.LastIndex(out, []byte(NoSum)):], hex.EncodeToString(sum[:]))
	return out
}

// Verify checks a signed text, whose checksum, as it was read from it, is sum. The error wraps
// ErrDamaged.
func Verify(text []byte, sum string) error {
	at := bytes.LastIndex(text, []byte(sum))
	if len(sum) != len(NoSum) || at < 0 {
		return fmt.Errorf("%w: it has no checksum", ErrDamaged)
	}
	blank := slices.Clone(text)
	copy(blank[at:], NoSum)
	if got := sha256.Sum256(blank); hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("%w: the checksum does not fit", ErrDamaged)
	}
	return nil
}
