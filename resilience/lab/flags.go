package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Flags are those of every program.
type Flags struct {
	Parallel       int
	Exe            string
	Keep, Markdown bool
}

// Register adds the flags to a set. parallel is how many of what are run at once by default.
func (f *Flags) Register(set *flag.FlagSet, what string, parallel int) {
	set.IntVar(&f.Parallel, "parallel", parallel, what+" at once; each of them mostly waits")
	set.StringVar(&f.Exe, "exe", "", "this binary instead of one that is built now")
	set.BoolVar(&f.Keep, "keep", false, "keep the directories of "+what+" that went wrong")
	set.BoolVar(&f.Markdown, "markdown", false, "print the table as Markdown")
}

// Parse parses a program's arguments, which are all flags. usage stands above the list of flags.
func Parse(set *flag.FlagSet, args []string, output io.Writer, usage string) error {
	set.SetOutput(output)
	set.Usage = func() {
		fmt.Fprint(output, usage)
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("%s takes no arguments, but got %q", set.Name(), set.Args())
	}
	return nil
}

// In calls a program with a temporary directory and the path of the binary. The directory is removed, unless -keep is
// set and the program says that anything was wrong.
func (f *Flags) In(ctx context.Context, progress io.Writer, name string, program func(dir, exe string) (wrong bool, err error)) error {
	dir, err := os.MkdirTemp("", "platformctl-"+name+"-")
	if err != nil {
		return err
	}
	exe := f.Exe
	if exe == "" {
		exe, err = Build(ctx, dir)
	} else {
		exe, err = filepath.Abs(exe)
	}
	wrong := false
	if err == nil {
		wrong, err = program(dir, exe)
	}
	if f.Keep && wrong {
		fmt.Fprintln(progress, "kept:", dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// Table prints rows, the first of which is the head, lined up or as Markdown.
func Table(out io.Writer, rows [][]string, markdown bool) error {
	if !markdown {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, row := range rows {
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		return w.Flush()
	}
	for i, row := range rows {
		fmt.Fprintln(out, "| "+strings.Join(row, " | ")+" |")
		if i == 0 {
			fmt.Fprintln(out, "|"+strings.Repeat("---|", len(row)))
		}
	}
	return nil
}

// MedianAndLongest are two cells of a table, "–" for those of none.
func MedianAndLongest(took []time.Duration) []string {
	if len(took) == 0 {
		return []string{"–", "–"}
	}
	took = slices.Sorted(slices.Values(took))
	return []string{Seconds(took[len(took)/2]), Seconds(took[len(took)-1])}
}

// Seconds is a time as a table shows it.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
