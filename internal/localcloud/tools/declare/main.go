// Command declare writes the declaration of operations of an AWS service, as botocore's
// model has them, for a person to cut down to what is simulated:
//
//	go run ./internal/localcloud/tools/declare -service sns -operation CreateTopic,DeleteTopic
//
// It isn't run when the local cloud is built. The models come from the botocore that
// python3 imports, or from the directory that -models names.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "declare:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("declare", flag.ContinueOnError)
	service := flags.String("service", "", "the service, as botocore names the directory of its model, such as elbv2")
	operations := flags.String("operation", "", "the operations, such as CreateTopic,DeleteTopic")
	models := flags.String("models", "", "the directory of the models; botocore's own if empty")
	name := flags.String("package", "api", "the package that the declaration is for")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *models == "" {
		var err error
		if *models, err = botocore(ctx); err != nil {
			return err
		}
	}
	m, err := load(*models, *service)
	if err != nil {
		return err
	}
	source, err := declare(m, *name, strings.Split(*operations, ","))
	if err != nil {
		return err
	}
	_, err = out.Write(source)
	return err
}

// botocore is the directory of the models of the botocore that is installed.
func botocore(ctx context.Context) (string, error) {
	const where = "import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))"
	output, err := exec.CommandContext(ctx, "python3", "-c", where).Output()
	if err != nil {
		return "", fmt.Errorf("find botocore's models (-models names their directory): %w", err)
	}
	return strings.TrimSpace(string(output)), nil
}
