// Package endpoint is what the local cloud's process and the commands that use it agree
// on: the home, the endpoint file, the lock on a directory, and the routes beside AWS's API
// with their documents. It acts on nothing but those files.
package endpoint
