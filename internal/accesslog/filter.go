package accesslog

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Filter says which requests are wanted. The zero value: all.
type Filter struct {
	Since time.Time
	// Statuses are statuses, such as 502, and classes of them, such as 5xx; one of them is to fit.
	Statuses []string
	// Path is a path, or a pattern of one in which * stands for anything but '/'; at its end, /* is all below.
	Path string
	// Targets are the addresses of targets, without ports; one of them is to fit.
	Targets []string
}

// statusForm is how a status is asked for.
var statusForm = regexp.MustCompile(`^([1-5]xx|[1-5][0-9]{2})$`)

// Check says what is wrong with what a user has asked for.
func (f Filter) Check() error {
	for _, status := range f.Statuses {
		if !statusForm.MatchString(status) {
			return fmt.Errorf("--status %q: write a status such as 502, or a class of them such as 5xx", status)
		}
	}
	if _, err := path.Match(f.Path, ""); err != nil {
		return fmt.Errorf("--path %q: %w", f.Path, err)
	}
	return nil
}

// Wants reports whether a request is wanted.
func (f Filter) Wants(e Entry) bool {
	return !e.Time.Before(f.Since) && f.wantsStatus(e) && f.wantsPath(e.Path) &&
		(len(f.Targets) == 0 || slices.Contains(f.Targets, e.TargetAddress()))
}

func (f Filter) wantsStatus(e Entry) bool {
	return len(f.Statuses) == 0 || slices.Contains(f.Statuses, strconv.Itoa(e.Status)) || slices.Contains(f.Statuses, e.Class())
}

func (f Filter) wantsPath(p string) bool {
	if f.Path == "" || f.Path == p {
		return true
	}
	if below, ok := strings.CutSuffix(f.Path, "/*"); ok && !strings.ContainsAny(below, `*?[\`) {
		return strings.HasPrefix(p, below+"/")
	}
	fits, err := path.Match(f.Path, p)
	return err == nil && fits
}
