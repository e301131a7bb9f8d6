package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Show writes the report for people.
func (r Report) Show(out io.Writer) error {
	fmt.Fprintf(out, "first:  %s\nsecond: %s\n\n", r.First, r.Second)
	fmt.Fprintf(out, "compared: %d operations, %d fields of replies, %d refusals, %d times\n", r.Operations, r.Fields, r.Refusals, r.Times)
	fmt.Fprintf(out, "different: %d, of which %d declared\n", len(r.Differences), len(r.Differences)-r.Undeclared())
	if len(r.Differences) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kind\tof\twhat\tfirst\tsecond\tdeclared")
	for _, d := range r.Differences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Kind, d.Subject, d.What, d.First, d.Second, d.Declared)
	}
	return w.Flush()
}

// JSON writes the report as one document.
func (r Report) JSON(out io.Writer) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		_, err = fmt.Fprintln(out, string(text))
	}
	return err
}
