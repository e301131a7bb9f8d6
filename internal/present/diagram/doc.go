// Package diagram draws a platform: as SVG for people and as Mermaid for pages
// that render it. New makes a small model of the graph and of what was seen of
// it; SVG and Mermaid are pure functions of that model.
//
// What belongs here: what a drawing shows, and where. What doesn't: asking AWS,
// and anything about a command line. It has more than 1,500 lines because both
// forms draw every object from the one model, which nobody else needs.
package diagram
