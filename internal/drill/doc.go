// Package drill breaks one thing of a platform under load, measures what its
// users see, restores it and gives a verdict.
//
// Here belongs a drill's course: what is chosen, whether it may begin, when it ends,
// and that the fault is restored whatever happens. What is broken and how it is
// restored is in fault; what a killed drill leaves on disk, and the last drills'
// documents, in journal; how requests are sent, what is to be expected and what the
// numbers mean in load, predict and measure. What a drill looks like on a terminal or
// in a report is in present/drillreport.
//
// It has more than 1,500 lines because choosing, running, restoring and judging go by one plan: what each reads of AWS, predicts and
// measures is in the packages below it.
package drill
