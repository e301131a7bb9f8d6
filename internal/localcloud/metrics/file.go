package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// Save writes all series to a file, which Load reads.
func (s *Store) Save(path string) error {
	s.mu.Lock()
	all := make([]*series, 0, len(s.series))
	for _, key := range slices.Sorted(maps.Keys(s.series)) {
		all = append(all, s.series[key])
	}
	data, err := json.Marshal(all)
	s.mu.Unlock()
	if err == nil {
		err = atomicfile.Write(path, data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep the metrics: %w", err)
	}
	return nil
}

// Load adds what a file holds. That there is none is no error.
func (s *Store) Load(path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the local cloud's own file
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var all []*series
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		return fmt.Errorf("read the metrics: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range all {
		if one != nil && one.Points != nil {
			s.series[one.Metric.key(one.Unit)] = one
		}
	}
	return nil
}
