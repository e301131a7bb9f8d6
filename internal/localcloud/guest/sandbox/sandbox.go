// Package sandbox runs a program of this machine that obeys somebody else's configuration: the system lets it open its
// own libraries and the directories that it is given, listen on the ports that it is given, and reach nobody.
//
// It knows no program by name. Where the system has no such walls, Supported says so, and nothing is started.
package sandbox

// Rules are what a program may touch beside its own executable and its libraries.
type Rules struct {
	// Directories are those, with all below them, in which it may read, write, make and remove files.
	Directories []string
	// Ports are the TCP ports on which it may listen. It may connect to none.
	Ports []int
	// MostFile is the size in bytes to which it may let each file grow. 0 lets it write nothing.
	MostFile int64
}
