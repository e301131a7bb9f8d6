package network

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// codeAlreadyAssociated is how EC2 refuses a second association of a subnet, or attachment of
// an internet gateway.
const codeAlreadyAssociated = "Resource.AlreadyAssociated"

func isMain(a types.RouteTableAssociation) bool { return aws.ToBool(a.Main) }

// associated is the subnet that an association is of, or the gateway.
func associated(a types.RouteTableAssociation) string {
	if a.SubnetId != nil {
		return *a.SubnetId
	}
	return aws.ToString(a.GatewayId)
}

func associationState(a types.RouteTableAssociation) types.RouteTableAssociationStateCode {
	if a.AssociationState == nil {
		return types.RouteTableAssociationStateCodeAssociated
	}
	return a.AssociationState.State
}

// compareAssociations returns the subnets that lack their association, and the
// associations that nobody asked for. The main association isn't counted: it
// names no subnet, and can't be taken away.
func compareAssociations(s RouteTable, l types.RouteTable, ids resource.IDs) (missing []string, surplus []types.RouteTableAssociation) {
	missing = ids.All(s.Subnets)
	for _, a := range l.Associations {
		switch state := associationState(a); {
		case isMain(a),
			state == types.RouteTableAssociationStateCodeDisassociating,
			state == types.RouteTableAssociationStateCodeDisassociated,
			state == types.RouteTableAssociationStateCodeFailed:
			continue
		}
		if i := slices.Index(missing, associated(a)); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		} else {
			surplus = append(surplus, a)
		}
	}
	return missing, surplus
}

// association is what AWS made of the call for one.
type association int

const (
	associationDone      association = iota
	associationUnderWay              // it is accepted
	associationElsewhere             // refused: the subnet has another table
)

// associate gives a subnet without a table of its own this one.
func associate(ctx context.Context, c *awsapi.Clients, table, subnet string) (association, error) {
	out, err := c.EC2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet})
	switch {
	case awsapi.HasCode(err, codeAlreadyAssociated):
		return associationElsewhere, nil
	case err == nil && associationState(types.RouteTableAssociation{AssociationState: out.AssociationState}) == types.RouteTableAssociationStateCodeAssociated:
		return associationDone, nil
	}
	return associationUnderWay, err
}

// moveAssociation gives a subnet that has another table this one, which leaves no moment in
// which the subnet follows the VPC's main table.
func moveAssociation(ctx context.Context, c *awsapi.Clients, table, subnet string) error {
	holders, err := routeTables(ctx, c, awsapi.Filter(awsapi.FilterAssociatedSubnet, subnet))
	if err != nil {
		return err
	}
	for _, holder := range holders {
		for _, a := range holder.Associations {
			if associated(a) != subnet || aws.ToString(holder.RouteTableId) == table {
				continue
			}
			if _, err := c.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
				AssociationId: a.RouteTableAssociationId, RouteTableId: &table,
			}); err != nil {
				return fmt.Errorf("move %s from %s: %w", subnet, aws.ToString(holder.RouteTableId), err)
			}
		}
	}
	return nil
}

func disassociate(ctx context.Context, c *awsapi.Clients, associations []types.RouteTableAssociation) error {
	for _, a := range associations {
		_, err := c.EC2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: a.RouteTableAssociationId})
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
	}
	return nil
}
