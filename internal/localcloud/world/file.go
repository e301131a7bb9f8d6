package world

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// fileLock bounds the wait for another process that has the world open.
const fileLock = 2 * time.Second

// load opens the file and reads all objects. The file isn't synced to the disk on each
// change: a change survives the end of the process (the kernel has it), though not a
// power cut, and costs microseconds.
func (w *World) load(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("open world %s: %w", path, err)
	}
	w.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: fileLock, NoSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		if strings.Contains(err.Error(), "timeout") {
			return fmt.Errorf("open world %s: another local cloud has it open; stop that one or set another PLATFORMCTL_HOME: %w", path, err)
		}
		return fmt.Errorf("open world %s: %w", path, err)
	}
	err = w.db.Update(func(tx *bolt.Tx) error {
		for _, t := range w.tables {
			bucket, err := tx.CreateBucketIfNotExists([]byte(t.name()))
			if err != nil {
				return err
			}
			if err := bucket.ForEach(func(key, value []byte) error { return w.loadObject(t, key, value) }); err != nil {
				return err
			}
		}
		return tx.ForEach(func(name []byte, _ *bolt.Bucket) error {
			for _, t := range w.tables {
				if t.name() == string(name) {
					return nil
				}
			}
			return fmt.Errorf("it holds objects of the unknown kind %q, made by another version: delete the file to start with an empty one", name)
		})
	})
	if err != nil {
		return errors.Join(fmt.Errorf("open world %s: %w", path, err), w.db.Close())
	}
	return nil
}

func (w *World) loadObject(t anyTable, key, value []byte) error {
	region, id, ok := strings.Cut(string(key), "/")
	if !ok {
		return fmt.Errorf("load %s: malformed key %q", t.name(), key)
	}
	o, err := t.load(region, id, value)
	if err != nil {
		return err
	}
	w.serial = max(w.serial, o.Serial)
	w.schedule(t, o)
	return nil
}

// save writes what a transaction changed, in one transaction of the file.
func (w *World) save(l *log) error {
	if w.db == nil {
		return nil
	}
	err := w.db.Update(func(tx *bolt.Tx) error {
		for c := range l.changed {
			bucket, key := tx.Bucket([]byte(c.table.name())), []byte(c.region+"/"+c.id)
			data, err := c.table.encode(c.region, c.id)
			if err != nil {
				return err
			}
			if data == nil {
				err = bucket.Delete(key)
			} else {
				err = bucket.Put(key, data)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save world %s: %w", w.db.Path(), err)
	}
	return nil
}

// Dump returns all objects as they are stored, by kind, region and ID. It is for tests
// and for looking inside.
func (w *World) Dump() (map[string]string, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	all := map[string]string{}
	for _, t := range w.tables {
		for _, region := range t.regions() {
			for _, o := range t.bases(region) {
				data, err := t.encode(region, o.ID)
				if err != nil {
					return nil, err
				}
				all[t.name()+"/"+region+"/"+o.ID] = string(data)
			}
		}
	}
	return all, nil
}
