package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/config"
)

type initOptions struct {
	*Global
	Force bool
}

// NewInit is `platformctl init`.
func NewInit(g *Global) *cobra.Command {
	o := &initOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented platform.yaml",
		Args:  noArguments,
		RunE:  func(*cobra.Command, []string) error { return runInit(o) },
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "overwrite a file that is there")
	return cmd
}

func runInit(o *initOptions) error {
	name := o.Config
	if name == "" {
		name = config.DefaultFile
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.Dir, path)
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if o.Force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(path, mode, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usageError{fmt.Errorf("%s is there already; --force overwrites it", name)}
	}
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	if _, err := file.WriteString(config.Template()); err != nil {
		return errors.Join(fmt.Errorf("write the configuration: %w", err), file.Close())
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return o.emit(struct {
		File string `json:"file"`
	}{name}, func() {
		fmt.Fprintf(o.Streams.Out, "Wrote %s. It is the built-in local platform: platformctl up makes it.\n", name)
	})
}
