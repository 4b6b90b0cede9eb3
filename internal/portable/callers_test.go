package portable

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestNobodyCallsMath: what the program computes or draws with takes these functions from here.
func TestNobodyCallsMath(t *testing.T) {
	fromHere := map[string]bool{"Exp": true, "Tanh": true, "Sinh": true, "Cosh": true, "Erf": true, "Erfc": true, "Pow": true, "Gamma": true}
	root := filepath.Join("..", "..")
	here, files := filepath.Join(root, "internal", "portable"), 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Dir(path) == here {
			return err
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && fromHere[s.Sel.Name] {
				if p, ok := s.X.(*ast.Ident); ok && p.Name == "math" {
					t.Errorf("%s: math.%s has other bits on other processors; use internal/portable", set.Position(n.Pos()), s.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files read: %v", files, err)
	}
}
