// Command refresh rewrites the lists of prices, a file a region, from AWS's Pricing API, with the credentials that any AWS tool finds:
//
//	go run ./internal/prices/refresh
//
// It needs the permissions pricing:GetAttributeValues and pricing:GetProducts, makes some fifteen calls a region, and
// writes nothing where one of them fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/pricing"

	"github.com/platformctl/platformctl/internal/prices"
)

// apiRegion is one of the few regions that have the Pricing API. It has the prices of all.
const apiRegion = "us-east-1"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr, time.Now)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "refresh:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, arguments []string, progress io.Writer, now func() time.Time) error {
	flags := flag.NewFlagSet("refresh", flag.ContinueOnError)
	directory := flags.String("directory", "internal/prices/regions", "where the files are")
	only := flags.String("regions", "", "the regions, such as us-east-1,eu-west-1; all of AWS's if empty")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(apiRegion))
	if err != nil {
		return err
	}
	api := pricing.NewFromConfig(cfg)
	regions := strings.Split(*only, ",")
	if *only == "" {
		if regions, err = allRegions(ctx, api); err != nil {
			return err
		}
	}
	source := prices.Source{Date: now().UTC().Format(time.DateOnly), From: "AWS's Pricing API, GetProducts"}
	files := map[string][]byte{}
	for _, region := range regions {
		found, err := pricesOf(ctx, api, region)
		if err != nil {
			return fmt.Errorf("%s: %w", region, err)
		}
		if lacking := prices.Lacking(found); len(lacking) > 0 {
			fmt.Fprintf(progress, "%s: left as it is, since AWS publishes no price of %s\n", region, strings.Join(lacking, ", "))
			continue
		}
		if files[region], err = (prices.Region{Sources: []prices.Source{source}, Prices: found}).File(); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s: %d prices\n", region, len(found))
	}
	for region, text := range files {
		if err := os.WriteFile(filepath.Join(*directory, region+".json"), text, 0o644); err != nil { //nolint:gosec // a file of the repository
			return err
		}
	}
	if len(files) == 0 {
		return errors.New("AWS publishes all prices of none of the regions")
	}
	return nil
}
