// Package complete proposes values for flags. It looks at files alone: who
// presses Tab waits for no cloud, and starts none.
package complete

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/state"
)

// Func proposes values.
type Func = cobra.CompletionFunc

// NoFiles proposes values that are no files.
func NoFiles(of func(cmd *cobra.Command) []string) Func {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return of(cmd), cobra.ShellCompDirectiveNoFileComp
	}
}

// Files proposes files whose names end so.
func Files(endings ...string) Func {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return endings, cobra.ShellCompDirectiveFilterFileExt
	}
}

// Flags gives flags of a command their completions. One that the command doesn't have is a mistake of the program's.
func Flags(cmd *cobra.Command, flags map[string]Func) {
	for name, propose := range flags {
		if err := cmd.RegisterFlagCompletionFunc(name, propose); err != nil {
			panic(err)
		}
	}
}

// Words proposes the same values always, each with what it means.
func Words(all ...string) Func {
	return NoFiles(func(*cobra.Command) []string { return all })
}

// configFiles proposes the configurations beside what was typed, each with its platform; where there is none, any YAML file.
func configFiles(g *session.Global, typed string) (found []string, _ cobra.ShellCompDirective) {
	beside := filepath.Dir(typed + "x") // x, or a directory that was typed would be looked for in the one above
	for _, ending := range []string{"yaml", "yml"} {
		for _, name := range namesOf(g.InDir(beside), "*."+ending) {
			name = strings.TrimPrefix(filepath.Join(beside, name), "./")
			if c, err := config.Load(config.Options{Path: name, Dir: g.Dir}); err == nil {
				found = append(found, fmt.Sprintf("%s\t%s on %s, %s", name, c.Name, c.Target, c.Region))
			}
		}
	}
	if len(found) == 0 {
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return found, cobra.ShellCompDirectiveDefault
}

// namesOf are a directory's files whose names match, sorted. A name of the directory's own, such as a[b], is no pattern.
func namesOf(dir, pattern string) []string {
	names, _ := fs.Glob(os.DirFS(dir), pattern) // fails for a wrong pattern alone
	return names
}

// stateFiles proposes the states of this directory's platforms.
func stateFiles(g *session.Global) (found []string, _ cobra.ShellCompDirective) {
	dir := g.InDir(session.StateDirectory)
	for _, name := range namesOf(dir, "*.json") {
		text, err := os.ReadFile(filepath.Join(dir, name))
		var of state.Document
		if err != nil || json.Unmarshal(text, &of) != nil || of.Platform == "" {
			continue
		}
		found = append(found, fmt.Sprintf("%s\t%s on %s, %s", filepath.Join(session.StateDirectory, name), of.Platform, of.Target, of.Region))
	}
	return found, cobra.ShellCompDirectiveDefault
}

// placedInstance is an instance that the state knows.
type placedInstance struct{ id, zone string }

// known returns the configuration, and the instances that the state knows by their zones. What can't be read knows nothing.
func known(g *session.Global, cmd *cobra.Command) (config.Config, []placedInstance) {
	cfg, err := config.Load(config.Options{Path: g.Config, Dir: g.Dir, Env: g.Env, Flags: cmd.Flags()})
	if err != nil {
		return config.Default(), nil
	}
	store, err := state.Open(g.StatePath(cfg), state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region})
	if err != nil {
		return cfg, nil
	}
	var all []placedInstance
	for _, record := range store.Document().Records {
		if letter, ok := blueprint.InstanceZone(record.Key); ok && !record.Intent() {
			all = append(all, placedInstance{record.ID, cfg.Region + letter})
		}
	}
	slices.SortFunc(all, func(a, b placedInstance) int { return cmp.Or(cmp.Compare(a.zone, b.zone), cmp.Compare(a.id, b.id)) })
	return cfg, all
}

// Zones proposes those that have instances, or else those that the configuration wants.
func Zones(g *session.Global) Func {
	return NoFiles(func(cmd *cobra.Command) []string { return zones(g, cmd) })
}

func zones(g *session.Global, cmd *cobra.Command) []string {
	cfg, instances := known(g, cmd)
	var names []string
	for _, instance := range instances {
		names = append(names, instance.zone)
	}
	if names == nil {
		names = cfg.Network.Zones.Names
	}
	if names == nil {
		for i := range cfg.Network.Zones.Count {
			names = append(names, fmt.Sprintf("%s%c", cfg.Region, 'a'+i))
		}
	}
	return slices.Compact(names)
}

// Instances proposes those in the zone that was chosen already, or all.
func Instances(g *session.Global, zone *string) Func {
	return NoFiles(func(cmd *cobra.Command) (ids []string) {
		_, instances := known(g, cmd)
		for _, instance := range instances {
			if *zone == "" || *zone == instance.zone {
				ids = append(ids, instance.id+"\t"+instance.zone)
			}
		}
		return ids
	})
}

// Everywhere completes the flags of all commands.
func Everywhere(g *session.Global, root *cobra.Command) {
	Flags(root, map[string]Func{
		"config": func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return configFiles(g, typed)
		},
		"state": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return stateFiles(g)
		},
		"target": Words("local\tthis machine, no account, no cost", "aws\tAWS, or what AWS_ENDPOINT_URL names"),
		"output": Words("text\tfor people", "json\tone document, for programs"),
	})
}
