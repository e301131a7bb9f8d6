// Package drill breaks one thing of a platform under load, measures what its
// users see, puts it back and gives a verdict.
//
// One file a scenario says how a thing is broken and mended; both can be
// repeated, and both go by the journal's entry alone, which is on disk before
// anything is touched. So whoever finds the entry, or the tags that say the same,
// can mend what a drill that was killed left broken.
//
// How requests are sent, what is to be expected and what the numbers mean is in
// load, predict and measure below; what it looks like on a terminal or in a
// report is in package report.
package drill
