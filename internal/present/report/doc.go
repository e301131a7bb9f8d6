// Package report is what a command shows at its end: one document per command, as
// the JSON that the command line's contract fixes or as text.
//
// Here belongs how things look, and nothing else: the documents are plain data
// that the commands fill in, and what happened, what it means and which hint
// helps is decided by those who know. One file has a command's document and its
// text. A failover drill, which has more to tell, is in drillresult and drillreport.
//
// It has more than 1,500 lines because every command ends here, and they share how an object, a problem and a zone look.
package report
