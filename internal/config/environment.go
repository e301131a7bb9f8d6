package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

const environmentPrefix = "PLATFORMCTL_"

// variableOf returns the environment variable that sets a key, and flagOf the flag.
func variableOf(key string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func flagOf(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) }

// readEnvironment collects the settings among the variables. An empty variable counts as not set, as usual in a shell.
// A variable that is a slip of the pen from one of ours is a problem; others that start with PLATFORMCTL_ are left to those who
// reads them.
func readEnvironment(options Options, fields []field) (map[string]any, []Problem) {
	settings := map[string]any{}
	var problems []Problem
	keys := map[string]string{}
	variables := make([]string, 0, len(fields))
	for _, f := range fields {
		keys[variableOf(f.key)] = f.key
		variables = append(variables, strings.TrimPrefix(variableOf(f.key), environmentPrefix))
	}
	for _, pair := range options.Env {
		name, value, _ := strings.Cut(pair, "=")
		if value == "" || !strings.HasPrefix(name, environmentPrefix) {
			continue
		}
		at := origin{source: shown(name, value), directory: options.Dir}
		if key, ok := keys[name]; ok {
			settings[key] = setting{at: at, form: formPlain, text: value}
		} else if near := nearest(strings.TrimPrefix(name, environmentPrefix), variables); near != "" {
			problem := at.problem("", "unknown variable")
			problem.Suggestion = environmentPrefix + near
			problems = append(problems, problem)
		}
	}
	return settings, problems
}

// regionOfAWS returns the region that the AWS command line tools would take from the environment, or from the profile.
func regionOfAWS(options Options) (setting, bool) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		// The last of several wins, as in a process that is started with this environment.
		for _, pair := range slices.Backward(options.Env) {
			if value, ok := strings.CutPrefix(pair, name+"="); ok && value != "" {
				at := origin{source: shown(name, value)}
				return setting{at: at, form: formPlain, text: value}, true
			}
		}
	}
	if options.ProfileRegion != nil {
		if region, source := options.ProfileRegion(); region != "" {
			return setting{at: origin{source: source}, form: formPlain, text: region}, true
		}
	}
	return setting{}, false
}

// Given returns the variables and flags that set a key, by their names, with their values: PLATFORMCTL_WEB_INSTANCES. Those that
// say which platform is meant (name, target and region) are left out.
func Given(options Options) map[string]string {
	fields := fields()
	fields = slices.DeleteFunc(fields, func(f field) bool { return slices.Contains([]string{"name", "target", "region"}, f.key) })
	given := map[string]string{}
	variables, _ := readEnvironment(options, fields)
	for key, written := range variables {
		given[variableOf(key)] = written.(setting).text
	}
	for key, written := range readFlags(options, fields) {
		given["--"+flagOf(key)] = written.(setting).text
	}
	return given
}

// readFlags collects the settings among the flags that were given.
func readFlags(options Options, fields []field) map[string]any {
	settings := map[string]any{}
	if options.Flags == nil {
		return settings
	}
	keys := map[string]string{}
	for _, f := range fields {
		keys[flagOf(f.key)] = f.key
	}
	options.Flags.Visit(func(flag *pflag.Flag) {
		if key, ok := keys[flag.Name]; ok {
			at := origin{source: "--" + flag.Name, directory: options.Dir}
			settings[key] = setting{at: at, form: formPlain, text: flag.Value.String()}
		}
	})
	return settings
}

// shown is a variable as a message names it: NAME=value, on one line.
func shown(name, value string) string {
	quoted := quote(value)
	return name + "=" + quoted[1:len(quoted)-1]
}
