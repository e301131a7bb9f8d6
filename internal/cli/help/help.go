// Package help is how commands explain themselves: their examples and exit codes,
// in 80 columns, and the refusal of what is no command. What a command says of
// itself stands in its own file.
package help

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/platformctl/platformctl/internal/cli/exit"
)

// Exits is the end of a command's help: the exit codes that it can end with. A code without words means what it means
// everywhere.
func Exits(codes map[int]string) string {
	var text strings.Builder
	text.WriteString("\n\nExit codes:")
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		words := codes[code]
		if words == "" {
			words = Means(code)
		}
		fmt.Fprintf(&text, "\n  %-4d %s", code, strings.ReplaceAll(words, "\n", "\n       "))
	}
	return text.String()
}

// Means is what an exit code means for every command.
func Means(code int) string {
	switch code {
	case exit.OK:
		return "done, and as it should be"
	case exit.Failed:
		return "failed"
	case exit.WrongUsage:
		return "wrong usage or configuration; nothing was touched"
	case exit.Unhealthy:
		return "status: not healthy, or drifted. plan --exit-code: changes are pending"
	case exit.Missed:
		return "failover-drill: ended and restored, but missed its objective"
	case exit.Locked:
		return "another run holds the state's lock"
	case exit.Interrupted:
		return "interrupted; what was done is recorded, and the same command goes on"
	}
	return ""
}

// Width is how wide what is explained is: that of the narrowest terminal that people work on.
const Width = 80

// Usage is the part of a command's help below its words. It is cobra's, but for the width. (A template of our own would keep
// every method of the AWS SDK in the program; .golangci.yml says why.)
func Usage(cmd *cobra.Command) error {
	var text strings.Builder
	text.WriteString("Usage:")
	if cmd.Runnable() {
		text.WriteString("\n  " + cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		text.WriteString("\n  " + cmd.CommandPath() + " [command]")
	}
	text.WriteString("\n\nExamples:\n" + cmd.Example)
	if cmd.HasAvailableSubCommands() {
		text.WriteString("\n\nCommands:")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				indent := sub.NamePadding() + 4
				fmt.Fprintf(&text, "\n  %-*s%s", indent-2, sub.Name(), Fold(sub.Short, Width-indent, "\n"+strings.Repeat(" ", indent)))
			}
		}
	}
	for _, flags := range []struct {
		title string
		set   *pflag.FlagSet
	}{{"Flags", cmd.LocalFlags()}, {"Flags everywhere", cmd.InheritedFlags()}} {
		if flags.set.HasAvailableFlags() {
			text.WriteString("\n\n" + flags.title + ":\n" + strings.TrimRight(flags.set.FlagUsagesWrapped(Width), " \n"))
		}
	}
	_, err := fmt.Fprintln(cmd.OutOrStderr(), text.String())
	return err
}

// AddStandard adds cobra's own commands, with the same help as ours, and with our refusals where cobra would show a page of
// help and call that a success.
func AddStandard(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("help") // any argument makes it; without one it stays away from a program of one command
	always := map[int]string{exit.OK: "", exit.WrongUsage: "wrong usage"}
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Long += Exits(always)
			cmd.Example = "  platformctl help up\n  platformctl help local serve"
			cmd.Args = func(_ *cobra.Command, args []string) error {
				if found, rest, err := root.Find(args); err != nil || found == nil || len(rest) > 0 {
					return unknownCommand(root, strings.Join(args, " "), args)
				}
				return nil
			}
		case "completion":
			cmd.Args, cmd.RunE = NoArguments, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			cmd.Long += Exits(always)
			cmd.Example = "  platformctl completion bash"
			for _, shell := range cmd.Commands() {
				shell.Args = NoArguments
				shell.Long = strings.TrimSpace(shell.Long) + Exits(always)
				shell.Example = "  platformctl completion " + shell.Name()
			}
		}
	}
}

// NoArguments refuses arguments as wrong usage.
func NoArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0], args)
	}
	return exit.Usage{Err: fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args)}
}

// unknownCommand says which command was most likely meant, and else which there are.
func unknownCommand(parent *cobra.Command, name string, args []string) error {
	parent.SuggestionsMinimumDistance = 2 // letters between what was typed and what was meant
	if near := parent.SuggestionsFor(args[0]); len(near) > 0 {
		return exit.Usage{Err: fmt.Errorf("there is no command %q; did you mean %q?", name, near[0])}
	}
	var names []string
	for _, cmd := range parent.Commands() {
		if cmd.IsAvailableCommand() || cmd.Name() == "help" {
			names = append(names, cmd.Name())
		}
	}
	return exit.Usage{Err: fmt.Errorf("there is no command %q; there are %s", name, strings.Join(names, ", "))}
}

// Fold breaks a text between its words, so that no line is wider, if it can be.
func Fold(text string, width int, lineBreak string) string {
	var folded strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			folded.WriteString(lineBreak)
			column = 0
		default:
			folded.WriteString(" ")
			column++
		}
		folded.WriteString(word)
		column += len(word)
	}
	return folded.String()
}
