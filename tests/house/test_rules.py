"""The whole project keeps every rule, and claims no exception that it does not need."""

import pytest

from tests.house import rules_reach, rules_shape, rules_sql
from tests.house.source import Rule, excuse_of, sources, standing

RULES: tuple[Rule, ...] = (
    rules_shape.small,
    rules_shape.no_drawers,
    rules_shape.american,
    rules_shape.by_name,
    rules_shape.nothing_left_over,
    rules_shape.reasons,
    rules_reach.downward_in_the_open,
    rules_reach.reserved_libraries,
    rules_reach.no_clock,
    rules_reach.no_chance,
    rules_reach.no_float,
    rules_reach.no_mocks,
    rules_sql.sql_is_source,
    rules_sql.own_schema,
    rules_sql.proofs_only_read,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_is_kept(rule: Rule) -> None:
    breaches = [str(breach) for source in sources() for breach in standing(rule, source)]
    assert not breaches, f"{rule.__doc__}\n" + "\n".join(breaches)


def test_every_exception_is_needed() -> None:
    for source in sources():
        if source.path.startswith("tests/house/"):
            continue  # the rules explain and test the form of an exception
        used = {excuse_of(breach, source) for rule in RULES for breach in rule(source)}
        unused = [
            f"{source.path}:{line}: {rule}" for line, rule in source.excuses if (line, rule) not in used
        ]
        assert not unused, "nothing breaks this rule here any more; remove the comment: " + ", ".join(unused)
