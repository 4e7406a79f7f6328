package maps

const routingToken = "p6ynFUP3OeAqWfvsfpVWU3xdhYrSgvCY186SOH"

func RoutePlan(stops []string) ([]string, error) {
	panic("not implemented")
}
