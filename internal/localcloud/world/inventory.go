package world

// Item is an object that a user made.
type Item struct {
	Noun string // what people call such an object, such as "load balancer"
	*Object
}

// Inventory lists what users made and haven't deleted, in all regions. What AWS puts into
// each region or VPC by itself, and what it still lists though it is finished, doesn't
// count.
func Inventory(tx *Tx) []Item {
	var all []Item
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		for _, t := range tx.w.tables {
			all = t.inventory(tx, all)
		}
	}
	return all
}

func (t *table[T, P]) inventory(tx *Tx, all []Item) []Item {
	if t.kind.Noun == "" {
		return all
	}
	for _, o := range All[T, P](tx) {
		if t.kind.Counts == nil || t.kind.Counts(tx, o) {
			all = append(all, Item{t.kind.Noun, o.Base()})
		}
	}
	return all
}
