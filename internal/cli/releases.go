package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/release"
)

// NewReleases is `platformctl releases`.
func NewReleases(g *Global) *cobra.Command {
	return &cobra.Command{
		Use:   "releases",
		Short: "Show what was released of the site, and what serves now",
		Long: `Show the releases of the configuration's web.site that can be gone back to, the
newest last, and which of them is served. It changes nothing.` + help.Exits(map[int]string{
			exit.OK: "shown, also where there was none", exit.Failed: "", exit.WrongUsage: "",
		}),
		Example: `  platformctl releases
  platformctl releases -o json`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReleases(cmd.Context(), g) },
	}
}

func runReleases(ctx context.Context, g *Global) error {
	s, err := g.Open(ctx, false)
	if err != nil {
		return err
	}
	defer s.EndEmpty(ctx)
	bucket, err := siteBucket(ctx, s)
	if err != nil {
		return err
	}
	stored, err := bucket.Pointer(ctx)
	if err != nil && !awsapi.HasCode(err, "NoSuchBucket") {
		return err
	}
	document := releasesDocument(stored.Pointer)
	return g.Emit(document, func() { document.Show(g.Present(), time.Now()) })
}

// siteBucket is the platform's bucket, where its configuration has a site.
func siteBucket(ctx context.Context, s *session.Session) (release.Bucket, error) {
	if s.Config.Web.Site == "" {
		return release.Bucket{}, exit.Usage{Err: errors.New("the configuration has no web.site: name the directory that is to be served")}
	}
	caller, err := s.Clients.Caller(ctx)
	if err != nil {
		return release.Bucket{}, err
	}
	return release.Bucket{Client: s.Clients.S3, Name: awsapi.BucketName(s.Config.Name, caller.Account, s.Config.Region)}, nil
}

func releasesDocument(p release.Pointer) report.Releases {
	var document report.Releases
	for _, r := range p.History {
		document.Releases = append(document.Releases, report.ReleaseLine{
			ID: r.ID, Released: r.At.Format(time.RFC3339), Files: r.Files, Bytes: r.Bytes, From: r.From, Current: r.ID == p.Current(),
		})
	}
	if p.UnderWay() {
		document.UnderWay, document.By = p.Wanted, p.By
	}
	return document
}
