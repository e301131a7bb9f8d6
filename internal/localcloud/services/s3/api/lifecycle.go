package api

import (
	"encoding/xml"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type days struct {
	Days int `query:"Days,required" xml:"Days"`
}

type ruleItem struct {
	ID         string      `xml:"ID,omitempty"`
	Filter     *filterItem `xml:"Filter"`
	Status     string
	Expiration *days `xml:"Expiration"`
	Noncurrent *struct {
		Days int `xml:"NoncurrentDays"`
	} `xml:"NoncurrentVersionExpiration"`
	Abort *struct {
		Days int `xml:"DaysAfterInitiation"`
	} `xml:"AbortIncompleteMultipartUpload"`
}

type filterItem struct {
	Prefix string `xml:"Prefix"`
}

type lifecycle struct {
	XMLName xml.Name   `xml:"LifecycleConfiguration"`
	Rules   []ruleItem `xml:"Rule"`
	// Least is the smallest object that is moved to another class: nothing here moves.
	Least string `rest:"header x-amz-transition-default-minimum-object-size" xml:"-"`
}

func getLifecycle(tx *world.Tx, _ *wire.Call, in *inBucket) (*lifecycle, error) {
	b, err := in.find(tx, "GetLifecycleConfiguration", "")
	if err != nil {
		return nil, err
	}
	if len(b.Rules) == 0 {
		return nil, unset("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	out := &lifecycle{Least: "all_storage_classes_128K"}
	for _, r := range b.Rules {
		item := ruleItem{ID: r.ID, Filter: &filterItem{r.Prefix}, Status: model.Disabled}
		if r.Enabled {
			item.Status = model.Enabled
		}
		if r.Days > 0 {
			item.Expiration = &days{r.Days}
		}
		if r.Noncurrent > 0 {
			item.Noncurrent = &struct {
				Days int `xml:"NoncurrentDays"`
			}{r.Noncurrent}
		}
		if r.Abort > 0 {
			item.Abort = &struct {
				Days int `xml:"DaysAfterInitiation"`
			}{r.Abort}
		}
		out.Rules = append(out.Rules, item)
	}
	return out, nil
}

type putLifecycleInput struct {
	inBucket
	Least         wire.Only `query:"TransitionDefaultMinimumObjectSize" rest:"header x-amz-transition-default-minimum-object-size" only:"all_storage_classes_128K"`
	Configuration struct {
		Rules []struct {
			ID     string `query:"ID" max:"255"`
			Prefix string `query:"Prefix"`
			Filter *struct {
				Prefix string `query:"Prefix"`
			} `query:"Filter"`
			Status     string `query:"Status,required" enum:"Enabled|Disabled"`
			Expiration *struct {
				Days *int `query:"Days,required" min:"1"`
			} `query:"Expiration"`
			Noncurrent *struct {
				Days *int `query:"NoncurrentDays,required" min:"1"`
			} `query:"NoncurrentVersionExpiration"`
			Abort *struct {
				Days *int `query:"DaysAfterInitiation,required" min:"1"`
			} `query:"AbortIncompleteMultipartUpload"`
		} `query:"Rule,required" item:"-"`
	} `query:"LifecycleConfiguration,required" rest:"body LifecycleConfiguration"`
}

type lifecycleOutput struct {
	Least string `rest:"header x-amz-transition-default-minimum-object-size" xml:"-"`
}

func putLifecycle(tx *world.Tx, _ *wire.Call, in *putLifecycleInput) (*lifecycleOutput, error) {
	b, err := in.find(tx, "PutLifecycleConfiguration", "")
	if err != nil {
		return nil, err
	}
	var rules []model.Rule
	for _, r := range in.Configuration.Rules {
		rule := model.Rule{ID: r.ID, Enabled: r.Status == model.Enabled, Prefix: r.Prefix}
		if r.Filter != nil {
			rule.Prefix = r.Filter.Prefix
		}
		if rule.ID == "" {
			rule.ID = tx.UUID()
		}
		if r.Expiration != nil {
			rule.Days = *r.Expiration.Days
		}
		if r.Noncurrent != nil {
			rule.Noncurrent = *r.Noncurrent.Days
		}
		if r.Abort != nil {
			rule.Abort = *r.Abort.Days
		}
		rules = append(rules, rule)
	}
	return &lifecycleOutput{"all_storage_classes_128K"}, model.SetRules(tx, b, rules)
}

func deleteLifecycle(tx *world.Tx, _ *wire.Call, in *inBucket) (*wire.Empty, error) {
	b, err := in.find(tx, "PutLifecycleConfiguration", "")
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, model.SetRules(tx, b, nil)
}
