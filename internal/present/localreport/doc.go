// Package localreport writes what the commands of the local cloud itself print, as text
// and as JSON. What is said of a platform belongs in report.
package localreport
