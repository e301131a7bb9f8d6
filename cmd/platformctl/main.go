// Command platformctl puts a highly available web platform on AWS, or on its
// own local cloud, and takes it down again.
package main

import (
	"os"

	"github.com/platformctl/platformctl/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.System()))
}
