// Package drillresult is the document of failover-drill, and what it says in words:
// the verdict, predicted against measured, the timeline, and what to do next.
//
// Here belong sentences and numbers, which are the same on a terminal, in Markdown
// and in HTML. Where they stand on a page, and every picture, is in drillreport.
package drillresult
