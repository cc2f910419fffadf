"""Rules, what they were applied to, and what followed."""

from routing_rules.models.decisions import AssignmentDecision, ItemDemand, PlanningRun, PlanningState
from routing_rules.models.escalation import EscalationPolicy, EscalationStep
from routing_rules.models.messages import Notice, NoticeMail, ReaderMessage, RuleNotice
from routing_rules.models.procedures import (
    ItemProcedure,
    LearningRun,
    LearntReadingTime,
    Procedure,
    ProcedureMapping,
)
from routing_rules.models.rule_sets import NetworkSettings, RuleSet
from routing_rules.models.trials import Trial

__all__ = [
    "AssignmentDecision",
    "EscalationPolicy",
    "EscalationStep",
    "ItemDemand",
    "ItemProcedure",
    "LearningRun",
    "LearntReadingTime",
    "NetworkSettings",
    "Notice",
    "NoticeMail",
    "PlanningRun",
    "PlanningState",
    "Procedure",
    "ProcedureMapping",
    "ReaderMessage",
    "RuleNotice",
    "RuleSet",
    "Trial",
]
