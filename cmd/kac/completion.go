package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"kac/bench"
)

var shells = []string{"bash", "zsh", "fish"}

type shellsCommand struct {
	Shell string `arg:"" placeholder:"SHELL" help:"bash, zsh or fish."`
}

func (c *shellsCommand) Help() string {
	return "Prints a script for the shell, made from the same declarations as --help. make install puts it where the shell looks. By hand:\n\n" +
		"  source <(kac completion bash)\n\n  kac completion zsh >~/.zfunc/_kac\n\n  kac completion fish >~/.config/fish/completions/kac.fish"
}

func (c *shellsCommand) Run(p *process, app *kong.Kong) error {
	all := verbs(app.Model.Node)
	var text string
	switch c.Shell {
	case "bash":
		text = bashCompletion(all)
	case "zsh":
		text = zshCompletion(all)
	case "fish":
		text = fishCompletion(all)
	default:
		return &bench.InputError{Key: "SHELL", Value: c.Shell, Reason: "allowed are " + strings.Join(shells, ", ")}
	}
	if _, err := fmt.Fprint(p.stdout, text); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// quoted is a text in single quotes of bash and zsh.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// steps are the pairs "command so far, next word" at which a word goes deeper, as patterns of a case.
func steps(all []verb, quote func(string) string) (list []string) {
	for _, v := range all {
		for _, child := range v.children {
			list = append(list, quote(v.words+" "+child.Name))
		}
	}
	return list
}

func childNames(v *verb) (names []string) {
	for _, child := range v.children {
		names = append(names, child.Name)
	}
	return names
}

const bashHead = `# Completion of kac for bash, by: kac completion bash
_kac() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= words= word i
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case "$command $word" in
		%s) command="${command:+$command }$word" ;;
		esac
	done
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	case "$command $prev" in
%s	esac
	case "$command" in
%s	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _kac kac
`

func bashCompletion(all []verb) string {
	var values, rest strings.Builder
	reply := func(kind valueKind, words []string) string {
		switch kind {
		case directory:
			return `mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames 2>/dev/null; return`
		case file:
			return `mapfile -t COMPREPLY < <(compgen -f -- "$cur"); compopt -o filenames 2>/dev/null; return`
		case ofWords:
			return `mapfile -t COMPREPLY < <(compgen -W ` + quoted(strings.Join(words, " ")) + ` -- "$cur"); return`
		}
		return "return"
	}
	for _, v := range all {
		for _, f := range v.flags {
			if f.IsBool() {
				continue
			}
			kind, words := kindOfFlag(f)
			fmt.Fprintf(&values, "\t%s) %s ;;\n", quoted(v.words+" --"+f.Name), reply(kind, words))
		}
		fmt.Fprintf(&rest, "\t%s)\n\t\twords=%s\n", quoted(v.words), quoted(strings.Join(append(childNames(&v), v.options()...), " ")))
		if kind, words := v.kindOfPlace(all); kind != anyValue {
			fmt.Fprintf(&rest, "\t\t[[ $cur == -* ]] || { %s; }\n", reply(kind, words))
		}
		rest.WriteString("\t\t;;\n")
	}
	return fmt.Sprintf(bashHead, strings.Join(steps(all, quoted), " | "), values.String(), rest.String())
}

const zshHead = `#compdef kac
# Completion of kac for zsh, by: kac completion zsh
_kac() {
	local cur=$words[CURRENT] prev=$words[CURRENT-1] command= word
	local -a list
	for word in ${words[2,CURRENT-1]}; do
		case "$command $word" in
		(%s) command="${command:+$command }$word" ;;
		esac
	done
	if [[ $cur == --*=* ]]; then
		prev=${cur%%%%=*}
		compset -P '*='
	fi
	case "$command $prev" in
%s	esac
	case "$command" in
%s	esac
}
if [[ $funcstack[1] == _kac ]]; then
	_kac "$@"
elif (( $+functions[compdef] )); then
	compdef _kac kac
fi
`

func zshCompletion(all []verb) string {
	var values, rest strings.Builder
	reply := func(kind valueKind, words []string, message string) string {
		switch kind {
		case directory:
			return "_files -/; return"
		case file:
			return "_files; return"
		case ofWords:
			return "compadd -- " + strings.Join(words, " ") + "; return"
		}
		return "_message " + quoted(message) + "; return"
	}
	item := func(name, help string) string {
		return quoted(strings.ReplaceAll(name, ":", `\:`) + ":" + brief(help))
	}
	for _, v := range all {
		fmt.Fprintf(&rest, "\t(%s)\n", quoted(v.words))
		if kind, words := v.kindOfPlace(all); kind != anyValue {
			fmt.Fprintf(&rest, "\t\t[[ $cur == -* ]] || { %s; }\n", reply(kind, words, ""))
		}
		if len(v.children) > 0 {
			rest.WriteString("\t\tlist=(")
			for _, child := range v.children {
				rest.WriteString("\n\t\t\t" + item(child.Name, child.Help))
			}
			rest.WriteString(")\n\t\t[[ $cur == -* ]] || _describe command list\n")
		}
		rest.WriteString("\t\tlist=(")
		for _, f := range v.flags {
			for _, name := range namesOf(f) {
				rest.WriteString("\n\t\t\t" + item("--"+name, f.Help))
			}
			if !f.IsBool() {
				kind, words := kindOfFlag(f)
				fmt.Fprintf(&values, "\t(%s) %s ;;\n", quoted(v.words+" --"+f.Name), reply(kind, words, f.PlaceHolder+": "+brief(f.Help)))
			}
		}
		rest.WriteString(")\n\t\t_describe option list\n\t\t;;\n")
	}
	return fmt.Sprintf(zshHead, strings.Join(steps(all, quoted), " | "), values.String(), rest.String())
}

const fishHead = `# Completion of kac for fish, by: kac completion fish
function __kac_is
	set -l command ''
	set -l tokens (commandline -opc)
	for word in $tokens[2..-1]
		switch "$command $word"
			case %s
				set command (string trim -- "$command $word")
		end
	end
	test "$command" = "$argv"
end
complete -c kac -f
`

func fishCompletion(all []verb) string {
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
	}
	var out strings.Builder
	fmt.Fprintf(&out, fishHead, strings.Join(steps(all, quote), " "))
	takes := func(kind valueKind, words []string) string {
		switch kind {
		case directory:
			return " -xa '(__fish_complete_directories)'"
		case file:
			return " -rF"
		case ofWords:
			return " -xa " + quote(strings.Join(words, " "))
		}
		return " -x"
	}
	for _, v := range all {
		here := "complete -c kac -n " + quote(strings.TrimSpace("__kac_is "+v.words))
		for _, child := range v.children {
			fmt.Fprintf(&out, "%s -a %s -d %s\n", here, child.Name, quote(brief(child.Help)))
		}
		switch kind, words := v.kindOfPlace(all); kind {
		case directory:
			fmt.Fprintf(&out, "%s -a '(__fish_complete_directories)'\n", here)
		case file:
			fmt.Fprintf(&out, "%s -F\n", here)
		case ofWords:
			fmt.Fprintf(&out, "%s -a %s\n", here, quote(strings.Join(words, " ")))
		}
		for _, f := range v.flags {
			fmt.Fprintf(&out, "%s -l %s", here, f.Name)
			if f.Short != 0 {
				fmt.Fprintf(&out, " -s %c", f.Short)
			}
			if !f.IsBool() {
				out.WriteString(takes(kindOfFlag(f)))
			}
			fmt.Fprintf(&out, " -d %s\n", quote(brief(f.Help)))
			for _, name := range namesOf(f)[1:] {
				fmt.Fprintf(&out, "%s -l %s -d %s\n", here, name, quote(brief(f.Help)))
			}
		}
	}
	return out.String()
}
