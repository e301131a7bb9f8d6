package teardown

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Blocked is the error of a teardown that didn't begin, because something that
// isn't the platform's stands in its way. Nothing was deleted.
type Blocked struct{ Blockers []resource.Blocker }

// Error names what is in the way, one a line.
func (e *Blocked) Error() string {
	var text strings.Builder
	what := "something that is not the platform's stands"
	if n := len(e.Blockers); n > 1 {
		what = fmt.Sprintf("%d things that are not the platform's stand", n)
	}
	text.WriteString(what + " in the way; nothing was deleted")
	for _, b := range e.Blockers {
		fmt.Fprintf(&text, "\n%s %s", b.Type, b.ID)
		for _, detail := range []string{b.Name, b.Owner(), b.Note()} {
			if detail != "" {
				text.WriteString(", " + detail)
			}
		}
	}
	return text.String()
}

// unblocked asks all kinds at once what is in the way, and so costs one answer's
// time and no call where there is nothing to delete. Only what needs a person is
// an error: not what belongs to an object of the owner's, nor what goes by itself.
//
// A kind that can't be asked, for want of a permission, stops nothing: nothing
// foreign is ever deleted, and what is in the way is named again where AWS
// refuses.
func unblocked(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler, deletions resource.DeletionSet, tell func(string)) error {
	if len(deletions.Objects) == 0 && len(deletions.Missing) == 0 {
		return nil
	}
	var asking sync.WaitGroup
	found, errs := make([][]resource.Blocker, len(kinds)), make([]error, len(kinds))
	for i, kind := range kinds {
		if kind.Foreign != nil {
			asking.Go(func() { found[i], errs[i] = kind.Foreign(ctx, c, deletions) })
		}
	}
	asking.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, err := range errs {
		if err != nil {
			tell(fmt.Sprintf("can't tell whether a foreign %s is in the way: %s", kinds[i].Name, awsapi.Text(err)))
		}
	}
	if left := inTheWay(owner, deletions, slices.Concat(found...)); len(left) > 0 {
		return &Blocked{left}
	}
	return nil
}

// inTheWay are the blockers that the teardown will not get rid of, each once.
func inTheWay(owner awsapi.Owner, deletions resource.DeletionSet, found []resource.Blocker) []resource.Blocker {
	seen := map[string]bool{}
	for _, object := range deletions.Objects {
		seen[object.ID] = true
	}
	var left []resource.Blocker
	for _, b := range found {
		// What has the owner's tags, and was not listed yet, the next look finds.
		if b.Transient || seen[b.ID] || b.Platform == owner.Platform {
			continue
		}
		seen[b.ID] = true
		for _, record := range deletions.Missing {
			if record.ID == b.ID {
				b.Notes = append(b.Notes, fmt.Sprintf("made as %s of this platform, but its tag %s is gone", record.Key, awsapi.TagPlatform))
				break
			}
		}
		left = append(left, b)
	}
	slices.SortStableFunc(left, func(a, b resource.Blocker) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	return left
}
