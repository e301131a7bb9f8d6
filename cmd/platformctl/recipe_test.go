package main

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// recipe is "recipe FILE", which runs each line of the AWS CLI in a runbook that
// only reads; or "recipe FILE SECTION PART BLOCK [OLD=NEW]…", which types one
// block of commands of a section's part, counted from 1, as the operator does:
// with what stands for an ID replaced by the ID.
func recipe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && len(args) < 4 {
		ts.Fatalf("usage: recipe FILE [SECTION PART BLOCK [OLD=NEW]…]")
	}
	text := ts.ReadFile(args[0])
	exports := regexp.MustCompile(`(?m)^export .*$`).FindString(text)
	if exports == "" {
		ts.Fatalf("%s sets no credentials", args[0])
	}
	if len(args) == 1 {
		lines := reading(text)
		if len(lines) < 15 {
			ts.Fatalf("%s has only %d lines of the AWS CLI that read", args[0], len(lines))
		}
		for _, line := range lines {
			ts.Check(ts.Exec("sh", "-c", exports+"\n"+line))
		}
		return
	}
	section := between(text, "\n## "+args[1]+"\n", "\n## ")
	part := between(section, "\n### "+args[2]+"\n", "\n### ")
	blocks := regexp.MustCompile("(?s)```sh aws\n(.*?)```").FindAllStringSubmatch(part, -1)
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	if n < 1 || n > len(blocks) {
		ts.Fatalf("%s has %d blocks under %q, %q", args[0], len(blocks), args[1], args[2])
	}
	script := blocks[n-1][1]
	for _, replacement := range args[4:] {
		old, id, _ := strings.Cut(replacement, "=")
		if !strings.Contains(script, old) {
			ts.Fatalf("there is no %s in:\n%s", old, script)
		}
		script = strings.ReplaceAll(script, old, id)
	}
	if strings.Contains(script, "…") {
		ts.Fatalf("something still stands for an ID in:\n%s", script)
	}
	ts.Check(ts.Exec("sh", "-e", "-c", exports+"\n"+script))
}

// reading are the lines of the AWS CLI that change nothing, each once, but for
// those in which something stands for an ID.
func reading(text string) []string {
	var lines []string
	for _, line := range regexp.MustCompile(`(?m)^aws .* (describe|get|list)-.*$`).FindAllString(text, -1) {
		if !strings.Contains(line, "…") && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// between is what stands after a heading, up to the next one.
func between(text, heading, next string) string {
	_, rest, _ := strings.Cut(text, heading)
	section, _, _ := strings.Cut(rest, next)
	return section + "\n"
}

// untilHealth is "until-health HEALTH": status says so within the time in which
// health checks must have noticed.
func untilHealth(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: until-health HEALTH")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	last := ""
	err := until(ctx, ofCommand, func() bool {
		_ = ts.Exec("platformctl", "status", "--no-probe", "-o", "json") // it exits 3 where the platform isn't healthy
		var status struct {
			Health string `json:"health"`
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &status))
		last = status.Health
		return last == args[0]
	})
	if err != nil {
		ts.Fatalf("it is %s: %v", last, err)
	}
}
