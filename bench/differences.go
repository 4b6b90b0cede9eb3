package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Differences says, for people, in which parameters a run that is there differs from the one that is asked for, with
// both values. Both are compared in the form that records have of them, key by key, those of embedded objects too.
func Differences(there, asked any) ([]string, error) {
	a, err := fields(there)
	if err != nil {
		return nil, err
	}
	b, err := fields(asked)
	if err != nil {
		return nil, err
	}
	union := maps.Clone(a)
	maps.Copy(union, b)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(union)) {
		if x, y := a[key], b[key]; x != y {
			out = append(out, fmt.Sprintf("%s %s, not %s", parameterName(key), shown(x), shown(y)))
		}
	}
	return out, nil
}

// shown is a value of a record for people: words with escapes have no second ones.
func shown(value string) string {
	var word string
	if strings.HasPrefix(value, `"$'`) && json.Unmarshal([]byte(value), &word) == nil {
		return word
	}
	return OrNone(value)
}

// parameterName is the flag of a key of a record, or words for what is no flag.
func parameterName(key string) string {
	switch key {
	case "task":
		return "problem"
	case "inputs":
		return "data"
	case "data_sha256":
		return "checksum of the data"
	case "tables_sha256":
		return "checksum of the tables in --activation and --link"
	case "teachers_sha256":
		return "checksum of the teachers"
	case "initial_sha256", "particles_sha256", "second_layer_sha256":
		return "checksum of --" + strings.ReplaceAll(strings.TrimSuffix(key, "_sha256"), "_", "-")
	case "traced_particles":
		return "traced"
	}
	return strings.ReplaceAll(key, "_", "-")
}

// OtherParameters is the InputError of an output directory that holds a run with other parameters; nil if they are the
// same.
func OtherParameters(dir string, there, asked any) error {
	list, err := Differences(there, asked)
	if err != nil || len(list) == 0 {
		return err
	}
	return Refuse("out", dir, "holds a run with other parameters (%s); choose another directory", strings.Join(list, "; "))
}

// fields are the JSON values of a record by key.
func fields(record any) (map[string]string, error) {
	data, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encoding the parameters: %w", err)
	}
	out := map[string]string{}
	return out, flatten(out, "", data)
}

// flatten adds the values of an object, and of the objects in it, whose keys are known flags themselves.
func flatten(out map[string]string, key string, data json.RawMessage) error {
	var object map[string]json.RawMessage
	if len(data) == 0 || data[0] != '{' {
		out[key] = string(data)
		return nil
	}
	if err := ReadParameters(data, &object); err != nil {
		return err
	}
	_, file := object["path"]
	for k, v := range object {
		if file && k == "path" { // a NetworkFile: its keys are told apart by its own
			k = key
		} else if file {
			k = key + "_" + k
		}
		if err := flatten(out, k, v); err != nil {
			return err
		}
	}
	return nil
}
