package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) changeOperations() []wire.Operation {
	return []wire.Operation{view(h, "GetChange", getChange).At("GET /2013-04-01/change/{Id}")}
}

type changeInfo struct {
	ID          string `xml:"Id"`
	Status      string
	SubmittedAt wire.Time
	Comment     string `xml:",omitempty"`
}

type changeOutput struct{ ChangeInfo changeInfo }

func renderChange(c *model.Change) changeInfo {
	return changeInfo{"/change/" + c.ID, c.Status, wire.Time(c.Created), c.Comment}
}

type getChangeInput struct {
	ID string `query:"Id,required" rest:"path Id" min:"1" max:"6500"`
}

func getChange(tx *world.Tx, _ *wire.Call, in *getChangeInput) (*changeOutput, error) {
	c, err := model.FindChange(tx, in.ID)
	if err != nil {
		return nil, err
	}
	return &changeOutput{renderChange(c)}, nil
}
