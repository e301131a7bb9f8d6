// Package drillreport shows a failover drill: live on a terminal while it runs,
// and its result as text, Markdown, and HTML with a picture in SVG.
//
// Here belongs the layout. What is said is in drillresult.
package drillreport
