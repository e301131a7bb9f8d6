// Command refresh rewrites the list of prices from AWS's Pricing API, with the credentials that any AWS tool finds:
//
//	go run ./internal/prices/refresh
//
// It needs the permissions pricing:GetAttributeValues and pricing:GetProducts, makes some fifteen calls a region, and
// writes nothing where one of them fails.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/pricing"

	"github.com/platformctl/platformctl/internal/prices"
)

// apiRegion is one of the few regions that have the Pricing API. It has the prices of all.
const apiRegion = "us-east-1"

const note = "What AWS publishes that things cost on demand, in US dollars, by its Pricing API. `make prices` rewrites this file."

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
	file := flags.String("file", "internal/prices/prices.json", "the file to write")
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
	list := prices.List{Note: note, Regions: map[string]prices.Region{}}
	source := prices.Source{Date: now().UTC().Format(time.DateOnly), From: "AWS's Pricing API, GetProducts"}
	for _, region := range regions {
		found, err := pricesOf(ctx, api, region)
		if err != nil {
			return fmt.Errorf("%s: %w", region, err)
		}
		if lacking := prices.Lacking(found); len(lacking) > 0 {
			fmt.Fprintf(progress, "%s: left out, since AWS publishes no price of %s\n", region, strings.Join(lacking, ", "))
			continue
		}
		list.Regions[region] = prices.Region{Sources: []prices.Source{source}, Prices: found}
		fmt.Fprintf(progress, "%s: %d prices\n", region, len(found))
	}
	if len(list.Regions) == 0 {
		return fmt.Errorf("no region has all prices, so %s is left as it is", *file)
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*file, append(text, '\n'), 0o644) //nolint:gosec // a file of the repository
}
