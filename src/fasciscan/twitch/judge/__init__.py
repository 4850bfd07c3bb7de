"""What tells twitches from look-alikes: the network, the rule, and both together."""
