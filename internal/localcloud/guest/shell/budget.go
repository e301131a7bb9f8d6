package shell

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"

	"mvdan.cc/sh/v3/expand"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
)

// What one script may use. An instance would run out of its own memory or disk; this program shares its with the whole
// local cloud. Sizes are in bytes.
const (
	mostText      = 64 << 10 // of a script, and of each text that it evaluates
	mostCommands  = 2_000
	mostSteps     = 20_000   // expansions and rounds of loops
	mostVariables = 1 << 20  // of all variables and parameters together
	mostExpansion = 16 << 20 // of what one word may become
	mostPattern   = 4 << 10  // of a pattern as it is written
	mostMatched   = 16 << 20 // of a pattern times the text that it is held against
	mostArguments = 64 << 10 // number of a command's
	mostOutput    = 4 << 20  // of all commands together
	mostRead      = 16 << 20 // from files
	mostWritten   = 8 << 20  // to files
	mostEntries   = 100_000  // of directories, for patterns
)

// budget is what a script has used. Its commands may run at the same time.
type budget struct {
	end func() // ends the script at its next command

	mu                            sync.Mutex
	exceeded                      error // the first bound that the script met
	commands, steps, entries      int
	output, read, written, params int64

	disk   *disk.Disk
	full   bool // it was, when the script wrote
	stderr io.Writer
}

// errBound is why a script ends that met a bound. It is no refusal of AWS's.
type errBound struct{ what string }

func (e errBound) Error() string {
	return "platformctl local cloud: a script of more than " + e.what + " is not simulated"
}

// fail ends the script.
func (b *budget) fail(err error) error {
	if b.exceeded == nil {
		b.exceeded = err
	}
	b.end()
	return errEnds
}

// errEnds is what a script's command meets whose script ends. Why it does, Run says.
var errEnds = errors.New("the script ends here")

// refuse ends the script for what isn't simulated of it.
func (b *budget) refuse(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fail(err)
}

// met is the bound that the script met, nil where it met none.
func (b *budget) met() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.exceeded
}

// use adds to a count, and ends the script where that is too much.
func (b *budget) use(count *int64, n, most int64, what string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if *count += n; *count > most {
		return b.fail(errBound{fmt.Sprintf("%d MiB of %s", most>>20, what)})
	}
	return nil
}

// step is asked before a word with variables is expanded, and in each round of a loop. times is how often variables stand
// in the word; replaces says that it replaces parts of one by others. pattern is the length of the word as it is written
// where it is a pattern, 0 where it is none.
func (b *budget) step(env expand.Environ, times int64, replaces bool, pattern int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.steps++; b.steps > mostSteps {
		return b.fail(errBound{fmt.Sprintf("%d expansions", mostSteps)})
	}
	if !textOnly(env) {
		return b.fail(notSimulatedError{"a variable that isn't UTF-8 text"})
	}
	if namesParent(env) {
		return b.fail(notSimulatedError{parentValue})
	}
	size := b.params + sizeOf(env)
	if size > mostVariables {
		return b.fail(errBound{"1 MiB of variables"})
	}
	if times*size > mostExpansion || replaces && size*size > mostExpansion {
		return b.fail(errBound{"16 MiB in a word"})
	}
	if pattern > 0 {
		length := pattern + times*max(longest(env), b.params) // what it may become, at most
		if pattern > mostPattern || length*(size+length) > mostMatched {
			return b.fail(errBound{"16 MiB of text times pattern"})
		}
	}
	return nil
}

// command is asked before each command, with its arguments as they were expanded.
func (b *budget) command(env expand.Environ, args []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := int64(0)
	for _, a := range args {
		size += int64(len(a)) + 16
	}
	out, at := size, builtinAt(args)
	switch {
	case args[at] == "printf" && len(args) > at+1: // the format is used again until no argument is left
		out += (int64(len(args[at+1])) + widths(args[at+1])) * int64(len(args))
	case args[at] == "set" && len(args) == at+1:
		out += sizeOf(env)
	}
	b.params = max(b.params, size)
	switch b.commands++; {
	case b.commands > mostCommands:
		return b.fail(errBound{fmt.Sprintf("%d commands", mostCommands)})
	case len(args) > mostArguments:
		return b.fail(errBound{fmt.Sprintf("%d arguments", mostArguments)})
	case size+sizeOf(env) > mostVariables:
		return b.fail(errBound{"1 MiB of variables"})
	}
	if b.output += out; b.output > mostOutput {
		return b.fail(errBound{"4 MiB of output"})
	}
	return nil
}

// widths are how much longer the numbers in a format make what it becomes, at most.
func widths(format string) (sum int64) {
	for _, number := range regexp.MustCompile(`[0-9]+`).FindAllString(format, -1) {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			n = mostOutput // too long for a number
		}
		sum += min(n, mostOutput)
	}
	return sum
}

// listed counts a directory's entries.
func (b *budget) listed(n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.entries += n + 1; b.entries > mostEntries {
		return b.fail(errBound{fmt.Sprintf("%d files in patterns", mostEntries)})
	}
	return nil
}

// longest is the length of the longest value.
func longest(env expand.Environ) (most int64) {
	for _, v := range env.Each {
		most = max(most, int64(len(v.Str)))
		for _, s := range v.List {
			most = max(most, int64(len(s)))
		}
		for _, s := range v.Map {
			most = max(most, int64(len(s)))
		}
	}
	return most
}

func sizeOf(env expand.Environ) (size int64) {
	for name, v := range env.Each {
		size += int64(len(name) + len(v.Str) + 16)
		for _, s := range v.List {
			size += int64(len(s) + 16)
		}
		for key, s := range v.Map {
			size += int64(len(key) + len(s) + 32)
		}
	}
	return size
}

// fills notes that the disk is full, and says so to the script's standard error.
func (b *budget) fills(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.full = true
	fmt.Fprint(b.stderr, text)
}

func (b *budget) wasFull() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.full
}

// counted is a file, or what a command writes to, within the budget.
type counted struct {
	io.ReadWriteCloser
	*budget
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	if met := c.use(&c.read, int64(n), mostRead, "text read from files"); met != nil {
		return 0, met
	}
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	if err := c.use(&c.written, int64(len(p)), mostWritten, "text written to files"); err != nil {
		return 0, err
	}
	n, err := c.disk.Write(c.ReadWriteCloser, p)
	if disk.IsFull(err) {
		c.fills(fmt.Sprintf("sh: write error: %v\n", err))
	}
	return n, err
}

// outputOf is what a program of the instance writes to.
type outputOf struct {
	io.Writer
	*budget
}

func (o outputOf) Write(p []byte) (int, error) {
	if err := o.use(&o.output, int64(len(p)), mostOutput, "output"); err != nil {
		return 0, err
	}
	return o.Writer.Write(p)
}
