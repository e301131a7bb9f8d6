package localcloud

import (
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/network"
)

// inventory lists what users of the local cloud made and haven't deleted, in all
// regions, as "type id". What AWS puts into each region, and what it still lists though
// it is finished, doesn't count.
func inventory(tx *world.Tx) []string {
	var left []string
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		for _, v := range world.All[network.VPC](tx) {
			if !v.Default {
				left = append(left, "vpc "+v.ID)
			}
		}
	}
	return left
}
