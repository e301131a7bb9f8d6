package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/state"
)

// completion proposes values. It looks at files alone: whoever presses Tab doesn't wait for a cloud, and starts none.
type completion = cobra.CompletionFunc

// noFiles proposes values that are no files.
func noFiles(of func(cmd *cobra.Command) []string) completion {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return of(cmd), cobra.ShellCompDirectiveNoFileComp
	}
}

// files proposes files whose names end so.
func files(endings ...string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return endings, cobra.ShellCompDirectiveFilterFileExt
	}
}

// completes gives flags of a command their completions. One that the command doesn't have is a mistake of the program's.
func completes(cmd *cobra.Command, flags map[string]completion) {
	for name, propose := range flags {
		if err := cmd.RegisterFlagCompletionFunc(name, propose); err != nil {
			panic(err)
		}
	}
}

// words proposes the same values always, each with what it means.
func words(all ...string) completion {
	return noFiles(func(*cobra.Command) []string { return all })
}

// configFiles proposes the configurations beside what was typed, each with its platform; where there is none, any YAML file.
func (g *Global) configFiles(_ *cobra.Command, _ []string, typed string) (found []string, _ cobra.ShellCompDirective) {
	beside := filepath.Dir(typed + "x") // x, or a directory that was typed would be looked for in the one above
	for _, ending := range []string{"yaml", "yml"} {
		names, _ := filepath.Glob(filepath.Join(g.inDir(beside), "*."+ending)) // fails for a wrong pattern alone
		for _, name := range names {
			name = strings.TrimPrefix(filepath.Join(beside, filepath.Base(name)), "./")
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

// stateFiles proposes the states of this directory's platforms.
func (g *Global) stateFiles(*cobra.Command, []string, string) (found []string, _ cobra.ShellCompDirective) {
	names, _ := filepath.Glob(g.inDir(filepath.Join(stateDirectory, "*.json"))) // fails for a wrong pattern alone
	for _, name := range names {
		text, err := os.ReadFile(name)
		var of state.Document
		if err != nil || json.Unmarshal(text, &of) != nil || of.Platform == "" {
			continue
		}
		found = append(found, fmt.Sprintf("%s\t%s on %s, %s", filepath.Join(stateDirectory, filepath.Base(name)), of.Platform, of.Target, of.Region))
	}
	return found, cobra.ShellCompDirectiveDefault
}

func (g *Global) inDir(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(g.Dir, path)
}

// placedInstance is an instance that the state knows.
type placedInstance struct{ id, zone string }

// known returns the configuration, and the instances that the state knows by their zones. What can't be read knows nothing.
func (g *Global) known(cmd *cobra.Command) (config.Config, []placedInstance) {
	cfg, err := config.Load(config.Options{Path: g.Config, Dir: g.Dir, Env: g.Env, Flags: cmd.Flags()})
	if err != nil {
		return config.Default(), nil
	}
	store, err := state.Open(g.statePath(cfg), state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region})
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

// zones are those that have instances, or else those that the configuration wants.
func (g *Global) zones(cmd *cobra.Command) []string {
	cfg, instances := g.known(cmd)
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

// instances are those in the zone that was chosen already, or all.
func (g *Global) instances(zone *string) completion {
	return noFiles(func(cmd *cobra.Command) (ids []string) {
		_, instances := g.known(cmd)
		for _, instance := range instances {
			if *zone == "" || *zone == instance.zone {
				ids = append(ids, instance.id+"\t"+instance.zone)
			}
		}
		return ids
	})
}

// completesEverywhere completes the flags of all commands.
func completesEverywhere(g *Global, root *cobra.Command) {
	completes(root, map[string]completion{
		"config": g.configFiles,
		"state":  g.stateFiles,
		"target": words("local\tthis machine, no account, no cost", "aws\tAWS, or what AWS_ENDPOINT_URL names"),
		"output": words("text\tfor people", "json\tone document, for programs"),
	})
}

// completesDrill completes the flags of failover-drill.
func completesDrill(g *Global, cmd *cobra.Command, o *drillOptions) {
	completes(cmd, map[string]completion{
		"scenario": noFiles(func(*cobra.Command) []string { return drill.Scenarios() }),
		"scope":    noFiles(func(*cobra.Command) []string { return drill.Scopes() }),
		"zone":     noFiles(g.zones),
		"instance": g.instances(&o.Zone),
		"report":   files("html", "md"),
	})
}

// completesServe completes the flags of local serve.
func completesServe(g *Global, cmd *cobra.Command) {
	actions := noFiles(func(*cobra.Command) (all []string) {
		for _, operation := range localcloud.SimulatedOperations() {
			all = append(all, operation.Service+":"+operation.Name)
		}
		return all
	})
	completes(cmd, map[string]completion{
		"latency":     words("fast\twell under a second each", "aws\tas long as on AWS", "aws/10\tten times faster than on AWS"),
		"faults":      files("yaml", "yml"),
		"no-capacity": noFiles(g.zones),
		"deny":        actions,
		"allow":       actions,
	})
}
