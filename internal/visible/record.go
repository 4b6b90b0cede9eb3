package visible

import "encoding/json"

// Arguments are words, a command line above all, that JSON keeps byte by byte: each is a Word there.
type Arguments []string

func (a Arguments) MarshalJSON() ([]byte, error) {
	if a == nil {
		return []byte("null"), nil
	}
	return json.Marshal(Words(a))
}

func (a *Arguments) UnmarshalJSON(data []byte) error {
	var words []string
	if err := json.Unmarshal(data, &words); err != nil {
		return err
	}
	for i, w := range words {
		if raw, err := Raw(w); err == nil { // else it begins like one, and was written before they were
			words[i] = raw
		}
	}
	*a = words
	return nil
}
