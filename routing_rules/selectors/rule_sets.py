"""Which rules are in force."""

from routing_rules.errors import NoRuleSetPublished
from routing_rules.models import RuleSet


def rule_set_in_force() -> RuleSet:
    """Return the newest published rule set; read for each decision, so publishing takes effect at once everywhere."""
    rule_set = RuleSet.objects.order_by("-version").first()
    if rule_set is None:
        raise NoRuleSetPublished("No rule set is published. Maybe run `manage.py publish_rule_set FILE`.")
    return rule_set
