package config

import "maps"

// Draft is a configuration that is being asked for, answer by answer.
type Draft struct {
	config  Config
	written map[string]setting
	region  string // the default for AWS
}

// NewDraft starts with the defaults. Of the environment and the profile it takes the region that AWS's tools
// would use, as a default for AWS.
func NewDraft(options Options) *Draft {
	d := &Draft{config: Default(), written: map[string]setting{}}
	d.region = d.config.Region
	if region, ok := regionOfAWS(options); ok && checkRegion(region.text) == "" && checkPartition(region.text) == "" {
		d.region = region.text
	}
	return d
}

// Answer is a key and what was answered for it.
type Answer struct{ Key, Text string }

// Set sets a key to an answer, which is written as in a variable: zones with commas between them. With it go answers to what can't
// be without it, or it without them. An answer that the configuration would refuse changes nothing, and is told with the
// configuration's own words.
func (d *Draft) Set(key, answer string, with ...Answer) []Problem {
	fields, config := fields(), d.config
	r := reading{config: &config, written: maps.Clone(d.written), wrong: map[string]bool{}}
	for _, a := range append([]Answer{{key, answer}}, with...) {
		r.read(fieldOf(fields, a.Key), setting{form: formPlain, text: a.Text})
	}
	r.checkTogether(fields)
	if len(r.problems) > 0 {
		for i := range r.problems {
			r.problems[i].Source, r.problems[i].Key = r.problems[i].Key, "" // an answer comes from nowhere else
		}
		return r.problems
	}
	if _, ok := r.written["region"]; !ok && config.Target == TargetAWS {
		config.Region = d.region
	}
	d.config, d.written = config, r.written
	return nil
}

// Config is what was answered so far, and the defaults for the rest.
func (d *Draft) Config() Config { return d.config }
