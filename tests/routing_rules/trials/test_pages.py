"""The pages of trials: prefilled forms, progress, conclusions in words, the file of figures."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hospitals.models import Hospital, User
from routing_rules.models import RuleSet, Trial
from routing_rules.services.rule_sets import start_draft
from routing_rules.views.replay_figures import replay_context
from routing_rules.views.simulation_figures import simulation_context
from routing_rules.views.trial_plots import axis_to
from routing_rules.views.trial_words import remaining_words
from tests.routing_rules.trials.arrange import grow_result, make_simulation, make_trial
from tests.story import as_user, make_hospital, make_item, make_radiologist, see_all

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(olga: User) -> RuleSet:
    with as_user(olga):
        return start_draft(user=olga, name="Night")


@pytest.fixture
def client(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def address(name: str, trial: Trial) -> str:
    return reverse(f"routing_rules:{name}", args=[trial.pk])


def test_the_editor_of_a_draft_leads_to_a_replay_with_the_draft_filled_in(client: Client, draft: RuleSet) -> None:
    link = f"{reverse('routing_rules:new_replay')}?rule_set={draft.pk}"
    assert f'href="{link}"' in client.get(f"/coordination/rules/drafts/{draft.pk}/").content.decode()
    form = client.get(link).context["form"]
    assert form["rule_set"].value() == draft.pk
    assert f'<option value="{draft.pk}" selected>draft: Night</option>' in str(form["rule_set"])


def test_a_rule_set_that_is_no_number_fills_in_nothing(client: Client) -> None:
    answer = client.get(f"{reverse('routing_rules:new_replay')}?rule_set=x")
    assert answer.status_code == 200
    assert answer.context["form"]["rule_set"].value() is None


def test_the_rota_leads_to_a_simulation(client: Client) -> None:
    assert f'href="{reverse("routing_rules:new_simulation")}"' in client.get(reverse("hospitals:rota")).content.decode()


def test_a_replay_leads_back_to_its_draft_while_it_is_one(
    client: Client, olga: User, north: Hospital, draft: RuleSet
) -> None:
    trial = make_trial(olga, north)
    trial.parameters["rule_set"]["id"] = draft.pk
    trial.save()
    back = f'href="{reverse("routing_rules:rule_draft", args=[draft.pk])}"'
    assert back in client.get(address("trial", trial)).content.decode()
    with as_user(olga):
        RuleSet.objects.filter(pk=draft.pk).delete()
    assert back not in client.get(address("trial", trial)).content.decode()


@pytest.fixture
def clara(north: Hospital) -> User:
    return make_radiologist(north, name="Dr. Clara Nowak")


def _begun_with(client: Client, draft: RuleSet, reader: User) -> Trial:
    """A replay asked for on the page: a draft, and two lines of another rota."""
    lines = [
        ("add", reader.pk, "every", "22:00", 6),
        ("remove", reader.pk, "5", "08:00", 4),
        ("add", "", "every", "14:00", 8),
    ]
    values = {"days": 14, "rule_set": draft.pk}
    for number, line in enumerate(lines):
        names = ("change", "reader", "days", "starts_at", "hours")
        values |= {f"rota-{number}-{name}": value for name, value in zip(names, line, strict=True)}
    answer = client.post(reverse("routing_rules:new_replay"), values)
    assert answer.status_code == 302, answer.context["form"].errors
    with see_all():
        return Trial.objects.latest("pk")


def _repeated(client: Client, trial: Trial) -> Any:
    return client.get(reverse(f"routing_rules:new_{trial.kind}"), {"repeat": trial.pk}).context


def test_a_trial_is_asked_again_with_its_own_values_filled_in(client: Client, draft: RuleSet, clara: User) -> None:
    trial = _begun_with(client, draft, clara)
    context = _repeated(client, trial)
    form = context["form"]
    assert (form["days"].value(), form["rule_set"].value()) == (14, draft.pk)
    lines = [[str(line[name].value()) for name in ("change", "days", "starts_at", "hours")] for line in form.lines]
    assert lines[:2] == [["add", "every", "22:00:00", "6"], ["remove", "5", "08:00:00", "4"]]
    assert [line["reader"].value() for line in form.lines] == [clara.pk, clara.pk, None]
    assert list(context["messages"]) == []
    with see_all():
        again = f'href="{reverse("routing_rules:new_replay")}?repeat={trial.pk}"'
        Trial.objects.filter(pk=trial.pk).update(status="failed")
    assert again in client.get(address("trial", trial)).content.decode()


def test_what_cannot_be_asked_again_is_said(
    client: Client, olga: User, north: Hospital, draft: RuleSet, clara: User
) -> None:
    trial = _begun_with(client, draft, clara)
    for span in (("12:00:00", "12:30:00"), ("12:00:30", "13:00:30")):  # half an hour; half past the minute
        starts_at, ends_at = (f"2026-11-19T{at}+00:00" for at in span)
        change = {"adds": True, "radiologist_id": clara.pk, "starts_at": starts_at, "ends_at": ends_at}
        trial.parameters["rota_changes"].append(change)
    trial.save()
    with as_user(olga):
        RuleSet.objects.filter(pk=draft.pk).delete()
    context = _repeated(client, trial)
    assert [str(message) for message in context["messages"]] == [
        "2 changes of the rota aren't filled in.",
        "The rules that were tried can't be chosen any more; those in force are filled in.",
    ]
    assert context["form"].lines[0]["reader"].value() == clara.pk


@pytest.mark.parametrize("name", ["new_replay", "choices"])
def test_more_digits_than_the_number_of_a_row_has_are_no_fault_of_the_server(client: Client, name: str) -> None:
    digits = "9" * 5000
    answer = client.get(reverse(f"routing_rules:{name}"), {"repeat": digits, "rule_set": digits, "ids": digits})
    assert answer.status_code == (200 if name == "new_replay" else 400)


def test_nobody_repeats_another_hospitals_trial(client: Client, olga: User) -> None:
    trial = make_trial(olga, make_hospital("SOUTH"))
    assert client.get(reverse("routing_rules:new_replay"), {"repeat": trial.pk}).status_code == 404


def test_progress_is_followed_until_there_is_a_result(client: Client, olga: User, north: Hospital) -> None:
    trial = make_trial(olga, north, status="running", progress=0.25, progress_words="Replaying", result=None)
    following = client.get(address("trial", trial), headers=HTMX)
    assert 'value="0.25"' in following.content.decode()
    assert "25 %" in following.content.decode()
    finished = make_trial(olga, north)
    answer = client.get(address("trial", finished), headers=HTMX)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    assert client.get(address("trial", finished)).status_code == 200


def test_what_is_left_is_told_from_what_it_took(olga: User, north: Hospital) -> None:
    now = timezone.now()
    trial = make_trial(olga, north, status="running", started_at=now - timedelta(seconds=10), progress=0.25)
    assert remaining_words(trial, now) == "about 30 s left"
    trial.progress = 0.02
    assert remaining_words(trial, now) == ""
    trial.started_at, trial.progress = now - timedelta(seconds=100), 0.5
    assert remaining_words(trial, now) == "about 2 min left"


def _with_figures(trial: Trial, column: str, **figures: Any) -> None:
    """Change what holds for all examinations of a column, and the column's own figures."""
    found = trial.result["figures"][column]  # type: ignore[index]
    whole = {name: figures.pop(name) for name in ("late", "late_percent") if name in figures}
    found["by_priority"] = [*found["by_priority"][:-1], found["by_priority"][-1] | whole]
    found |= figures
    trial.save()


def conclusion_of(trial: Trial, user: User) -> dict[str, Any]:
    with as_user(user):
        return replay_context(trial, "UTC")["conclusion"]


def test_a_replay_concludes_in_words(olga: User, north: Hospital) -> None:
    trial = make_trial(olga, north)
    assert conclusion_of(trial, olga)["words"] == "As many would be late as before: 1 of 4 examinations."
    _with_figures(trial, "tried", late=0, match={"matched": 2, "of": 4, "percent": 50.0})
    better = conclusion_of(trial, olga)
    assert (better["tone"], better["words"]) == ("fine", "Fewer would be late: 0 instead of 1 of 4 examinations.")
    assert {"tone": "overdue", "words": "Subspecialty match falls from 75.0 to 50.0 %."} in better["points"]
    assert {"tone": "quiet", "words": "2 examinations change their reader."} in better["points"]
    _with_figures(trial, "tried", late=3)
    assert conclusion_of(trial, olga)["tone"] == "overdue"


def test_fewer_late_with_more_stat_among_them_is_no_plain_success(olga: User, north: Hospital) -> None:
    trial = make_trial(olga, north)
    _with_figures(trial, "tried", late=0)
    found = (trial.result or {})["figures"]["tried"]["by_priority"]
    found[0] = found[0] | {"late": 2}
    conclusion = conclusion_of(trial, olga)
    assert conclusion["tone"] == "soon"
    assert conclusion["words"] == "Fewer would be late: 0 instead of 1 of 4 examinations, but more STAT."
    found[0] = found[0] | {"late": 0}
    _with_figures(trial, "tried", late=2)
    assert conclusion_of(trial, olga)["words"].endswith("2 instead of 1 of 4 examinations, but fewer STAT.")


def test_a_longer_wait_of_routine_examinations_is_said_too(olga: User, north: Hospital) -> None:
    trial = make_trial(olga, north)
    for column, p95 in (("in_force", 26.0), ("tried", 403.0)):
        stat, urgent, routine, every = (trial.result or {})["figures"][column]["by_priority"]
        _with_figures(trial, column, by_priority=[stat, urgent, routine | {"number": 4, "p95": p95}, every])
    words = "Routine: 95 of 100 signed within 403 min instead of 26."
    assert {"tone": "overdue", "words": words} in conclusion_of(trial, olga)["points"]


def test_an_axis_holds_its_values_in_round_steps() -> None:
    for most in (0.0, 0.003, 0.15, 1.0, 2.6, 9.9, 10.0, 99.0, 1414.0):
        axis = axis_to(most)
        assert axis.most >= most
        assert len(axis.ticks) <= 5
        assert len({tick["words"] for tick in axis.ticks}) == len(axis.ticks)
    assert [tick["words"] for tick in axis_to(0.14).ticks] == ["0", "0.05", "0.1", "0.15"]
    assert [tick["words"] for tick in axis_to(3, steps=2, is_whole=True).ticks] == ["0", "2", "4"]


def test_without_a_change_the_engine_is_compared_with_what_happened(
    olga: User, north: Hospital, client: Client
) -> None:
    trial = make_trial(olga, north)
    result = trial.result or {}
    result["columns"], result["changes"] = ["happened", "in_force"], None
    trial.save()
    _with_figures(trial, "happened", late=4)
    assert conclusion_of(trial, olga)["words"] == "Fewer would be late: 1 instead of 4 of 4 examinations."
    page = client.get(address("trial", trial)).content.decode()
    assert "Examinations whose reader changes" not in page
    assert "Happened" in page


def test_a_difference_says_whether_it_is_better(olga: User, north: Hospital) -> None:
    trial = make_trial(olga, north)
    _with_figures(trial, "tried", late=2, late_percent=50.0, match={"matched": 4, "of": 4, "percent": 100.0})
    with as_user(olga):
        groups = {group["title"]: group for group in replay_context(trial, "UTC")["groups"]}
    assert groups["Late"]["rows"][-1]["difference"] == {"tone": "overdue", "word": "worse", "words": "+25.0"}
    assert groups["Subspecialty match"]["rows"][0]["difference"]["word"] == "better"
    assert groups["Uneven load"]["rows"][0]["difference"]["word"] == "same"
    dots = groups["Late"]["rows"][-1]["plot"]["dots"]
    assert [(dot["key"], dot["at"]) for dot in dots] == [("happened", 41.67), ("in_force", 41.67), ("tried", 83.33)]


def test_many_days_are_drawn_by_the_week(olga: User, north: Hospital) -> None:
    trial = make_trial(olga, north)
    result = trial.result or {}
    result["days"] = result["days"] * 20
    with as_user(olga):
        days = replay_context(trial, "UTC")["days"]
    assert days["is_by_week"]
    assert [row["late"]["tried"] for row in days["rows"]] == [7, 7, 7, 7, 7, 5]


def test_the_file_of_a_replay_has_all_figures_and_no_patient(client: Client, olga: User, north: Hospital) -> None:
    trial, reader = make_trial(olga, north), make_radiologist(north, name="Dr. Ada Roth")
    grow_result(trial, reader, make_item(north))
    answer = client.get(address("trial_figures", trial))
    lines = list(csv.reader(answer.content.decode().splitlines()))
    assert lines[0] == ["Figure", "Group", "Unit", "What happened", "Rules in force", "What is tried"]
    assert ["Late", "All", "%", "25.0", "25.0", "25.0"] in lines
    assert ["Load", "Dr. Ada Roth", "wRVU/h", "1.5", "1.5", "1.5"] in lines
    assert "DOE" not in answer.content.decode()


def test_a_name_that_looks_like_a_formula_is_not_run_by_a_spreadsheet(
    client: Client, olga: User, north: Hospital
) -> None:
    trial, reader = make_trial(olga, north), make_radiologist(north, name="=HYPERLINK(A1)")
    grow_result(trial, reader, make_item(north))
    answer = client.get(address("trial_figures", trial))
    assert {line[1] for line in csv.reader(answer.content.decode().splitlines()) if line[0] == "Load"} == {
        "'=HYPERLINK(A1)"
    }


def test_a_simulation_concludes_in_words(client: Client, olga: User, north: Hospital) -> None:
    trial = make_simulation(olga, north, like=make_radiologist(north, name="Dr. Ada Roth"))
    with as_user(olga):
        context = simulation_context(trial, "UTC")
    conclusion = context["conclusion"]
    assert conclusion["words"] == "About 3 of 40 examinations are expected to be late in the coming 24 hours."
    assert [point["words"] for point in conclusion["points"]] == [
        "Of them 0.5 STAT, 2.5 urgent.",
        "Worst: Fri 20 Nov 16:00–18:00, about 2.5 of 6 late, nobody on shift for some of it, up to 9 wait.",
        "One more reader for neuro helps most Fri 20 Nov 14:00–22:00: about 2.5 fewer late.",
    ]
    assert len(context["one_more"]) == 1
    page = client.get(address("trial", trial)).content.decode()
    for words in ("Where one more reader helps most", "like Dr. Ada Roth", "nobody on shift"):
        assert words in page


def test_days_in_which_nothing_is_late_say_so(olga: User, north: Hospital) -> None:
    trial = make_simulation(olga, north)
    result = trial.result or {}
    for entry in result["by_priority"]:
        entry["late"] = {"mean": 0.1, "low": 0.0, "high": 0.0}
    result["one_more"], result["at_risk"] = [], []
    with as_user(olga):
        conclusion = simulation_context(trial, "UTC")["conclusion"]
    assert conclusion["tone"] == "fine"
    assert conclusion["words"].startswith("Hardly any of the 40 examinations")
