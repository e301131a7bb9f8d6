// Package atomicfile writes files as a whole and durably: a reader of one finds the old content or the new, never
// half of it, and so does who comes after a crash. Each system has its own means for that; what is in a file, and
// when it is written, is its owner's business.
package atomicfile
