package local

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/present/localreport"
)

func newLocalMail(g *session.Global) *cobra.Command {
	return &cobra.Command{
		Use:   "mail [NUMBER]",
		Short: "Show the e-mails that the local cloud has sent",
		Long: `Show the e-mails that SNS of the running local cloud has sent, or the one of a
number. None leaves this machine, whatever its address. The latest 200 are kept.
A subscription is confirmed by the address in its first e-mail: open it, or give
it to curl.` + help.Exits(map[int]string{
			exit.OK: "", exit.Failed: "the local cloud is not running", exit.WrongUsage: "wrong usage, or there is no such e-mail",
		}),
		Example: `  platformctl local mail      # a line an e-mail
  platformctl local mail 1    # the whole of the first`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exit.Usage{Err: fmt.Errorf("%s takes the number of one e-mail, or none", cmd.CommandPath())}
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return runLocalMail(cmd.Context(), g, args) },
	}
}

func runLocalMail(ctx context.Context, g *session.Global, args []string) error {
	number := 0
	if len(args) == 1 {
		var err error
		if number, err = strconv.Atoi(args[0]); err != nil || number < 1 {
			return exit.Usage{Err: fmt.Errorf("%q is no number of an e-mail; allowed: a number that `platformctl local mail` shows", args[0])}
		}
	}
	home, err := endpoint.Home(g.Get)
	if err != nil {
		return err
	}
	mails, err := daemon.Mails(ctx, home)
	if err != nil {
		return err
	}
	if number > 0 {
		at := slices.IndexFunc(mails, func(m endpoint.Mail) bool { return m.Number == number })
		if at < 0 {
			return exit.Usage{Err: fmt.Errorf("there is no e-mail %d; `platformctl local mail` lists them", number)}
		}
		mails = mails[at : at+1]
	}
	document := localreport.Mails{Mails: []localreport.Mail{}}
	for _, m := range mails {
		document.Mails = append(document.Mails, localreport.Mail(m))
	}
	return g.Emit(document, func() {
		if number > 0 {
			document.Mails[0].Show(g.Present())
			return
		}
		document.List(g.Present())
	})
}
