package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/platformctl/platformctl/internal/cli"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/page"
)

// picture photographs the local cloud's page amid a failover drill, when a zone that was cut off is noticed, and the drill's
// report.
func picture(ctx context.Context, l *lab, live, report string) error {
	const name = "shop"
	if err := l.up(ctx, name, "web: {instances: 4}\n"); err != nil {
		return err
	}
	status, err := l.running(ctx)
	if err != nil {
		return err
	}
	browser, end := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer end()
	browser, end = chromedp.NewContext(browser)
	defer end()
	if err := chromedp.Do(browser, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(status.Endpoint)); err != nil {
		return err
	}

	drilling, stop := context.WithCancel(ctx)
	defer stop()
	written := filepath.Join(l.dir, "report.html")
	drill := l.command(drilling, name, "failover-drill", "--scenario", "zone", "--zone", "us-east-1b", "--report", written)
	if err := drill.Start(); err != nil {
		return fmt.Errorf("start the drill: %w", err)
	}
	if err := noticed(ctx, browser, status, live); err != nil {
		stop() // it restores
		return errors.Join(err, drill.Wait())
	}
	var missed *exec.ExitError // its objective: the default is more than a zone can keep
	if err := drill.Wait(); err != nil && (!errors.As(err, &missed) || missed.ExitCode() != cli.ExitMissed) {
		return fmt.Errorf("the drill: %w", err)
	}
	if err := chromedp.Do(browser, chromedp.EmulateViewport(1100, 1030), chromedp.Navigate("file://"+written)); err != nil {
		return err
	}
	image, err := chromedp.Run(browser, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(report, image, 0o644)
}

// noticed waits until a target is unhealthy, and for some seconds of traffic that goes elsewhere, and photographs the page.
func noticed(ctx, browser context.Context, status endpoint.Status, file string) error {
	unhealthy := func(e page.Event) bool { return strings.Contains(e.Text, "is unhealthy") }
	for {
		seen, err := seenNow(ctx, status.Endpoint)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(seen.Happened, unhealthy) {
			break
		}
		if seen.Now.Sub(status.Started) > 2*time.Minute {
			return errors.New("no target became unhealthy within two minutes")
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	if err := pause(ctx, 4*time.Second); err != nil {
		return err
	}
	image, err := chromedp.Run(browser, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	return os.WriteFile(file, image, 0o644)
}

// seenNow is the picture that the page shows.
func seenNow(ctx context.Context, endpoint string) (seen page.Picture, err error) {
	response, err := get(ctx, endpoint+"/_local/picture")
	if err != nil {
		return seen, err
	}
	defer response.Body.Close()
	return seen, json.NewDecoder(response.Body).Decode(&seen)
}
