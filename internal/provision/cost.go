package provision

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Cost is what a platform costs a month before and after a change, by AWS's published prices. As JSON, a month of which a
// price is missing is null.
type Cost struct {
	Before   prices.Month `json:"before"`
	After    prices.Month `json:"after"`
	Currency string       `json:"currency"`
	// PricesOf is the day of the prices, such as "2026-08-10"; "" where the list has none of the region.
	PricesOf string `json:"prices_of"`
	// AtMin and AtMax are what it costs afterwards with as few and with as many instances as its Auto Scaling group may have; nil
	// without one.
	AtMin *prices.Month `json:"at_min,omitempty"`
	AtMax *prices.Month `json:"at_max,omitempty"`
	// Min and Max are those numbers of instances; 0 without a group.
	Min int `json:"-"`
	Max int `json:"-"`
}

// CostOf is what a view's platform costs as it is, and will cost as it should be.
func CostOf(view *View) Cost {
	list, region := prices.Published(), view.Owner.Region
	before, after := itemsOfObjects(view.Observed.Objects), scaledItems(view.Graph, desired(view.Observed.Objects))
	cost := Cost{
		Before:   list.Month(before, region),
		After:    list.Month(after, region),
		Currency: prices.Currency,
		PricesOf: list.Date(region, slices.Concat(before, after)...),
	}
	for _, node := range view.Graph.Nodes() {
		group, scaled := node.Spec.(autoscaling.Group)
		if !scaled {
			continue
		}
		cost.Min, cost.Max = group.Min, group.Max
		least := list.Month(scaledItems(view.Graph, func(g autoscaling.Group) int { return g.Min }), region)
		most := list.Month(scaledItems(view.Graph, func(g autoscaling.Group) int { return g.Max }), region)
		cost.AtMin, cost.AtMax = &least, &most
	}
	return cost
}

// desired is how many instances a group has afterwards: what it has now, within its sizes, and else what it begins with.
func desired(objects []resource.Object) func(autoscaling.Group) int {
	return func(spec autoscaling.Group) int {
		for _, object := range objects {
			if live, ok := object.Live.(autoscaling.LiveGroup); ok && object.Status.Phase != resource.Deleting {
				return min(max(int(aws.ToInt32(live.DesiredCapacity)), spec.Min), spec.Max)
			}
		}
		return spec.Desired
	}
}

// scaledItems are the items of a graph, with so many instances in a group.
func scaledItems(graph *resource.Graph, size func(autoscaling.Group) int) []prices.Item {
	var items []prices.Item
	for _, node := range graph.Nodes() {
		if group, ok := node.Spec.(autoscaling.Group); ok {
			items = append(items, autoscaling.CostAt(group, size(group))...)
			continue
		}
		items = append(items, node.Handler.Cost(node)...)
	}
	return items
}

// CostOfTeardown is what a plan's objects cost as they are, and that nothing of them is left afterwards.
func CostOfTeardown(p *plan.Plan, region string) Cost {
	var objects []resource.Object
	for _, step := range p.Steps {
		if step.Object != nil {
			objects = append(objects, *step.Object)
		}
	}
	items := itemsOfObjects(objects)
	return Cost{
		Before: prices.Published().Month(items, region), After: prices.Month{Region: region},
		Currency: prices.Currency, PricesOf: prices.Published().Date(region, items...),
	}
}

// CostOfGraph is what a platform that is as the graph says costs a month in a region.
func CostOfGraph(graph *resource.Graph, region string) prices.Month {
	return prices.Published().Month(ItemsOf(graph), region)
}

// ItemsOf are the items that a platform costs that is as the graph says.
func ItemsOf(graph *resource.Graph) []prices.Item {
	var items []prices.Item
	for _, node := range graph.Nodes() {
		items = append(items, node.Handler.Cost(node)...)
	}
	return items
}

// CostOfObjects is what objects cost a month in a region: those that are there or about to be, of any platforms.
func CostOfObjects(objects []resource.Object, region string) prices.Month {
	return prices.Published().Month(itemsOfObjects(objects), region)
}

func itemsOfObjects(objects []resource.Object) []prices.Item {
	handlers := map[string]resource.Handler{}
	for _, handler := range blueprint.Kinds() {
		handlers[handler.Name] = handler
	}
	var items []prices.Item
	for _, object := range objects {
		if handler, ok := handlers[object.Key.Kind]; ok {
			items = append(items, handler.LiveCost(object)...)
		}
	}
	return items
}
