package testenv

import "flag"

// Waiting has as many as n of a package's parallel tests run at once: for those that wait, for health checks and for
// processes, more than they compute. It is for a TestMain; -parallel, which is read later, has the last word.
func Waiting(n string) {
	if err := flag.Set("test.parallel", n); err != nil {
		panic(err)
	}
}
