"""Funded projects and the activities that serve many: grants, milestones, figures that say what they know."""

from wushe.journal import Domain as _Domain
from wushe.orders.projects import activities, grants
from wushe.orders.projects.activities import correct_activity as correct_activity
from wushe.orders.projects.activities import record_activity as record_activity
from wushe.orders.projects.figures import MEASURES as MEASURES
from wushe.orders.projects.figures import ActivityFigures as ActivityFigures
from wushe.orders.projects.figures import Tally as Tally
from wushe.orders.projects.figures import activity_figures as activity_figures
from wushe.orders.projects.figures import count_activities as count_activities
from wushe.orders.projects.figures import figures_by as figures_by
from wushe.orders.projects.grants import close_project as close_project
from wushe.orders.projects.grants import decide_grant as decide_grant
from wushe.orders.projects.grants import goals_met as goals_met
from wushe.orders.projects.grants import milestones_due as milestones_due
from wushe.orders.projects.grants import propose_project as propose_project
from wushe.orders.projects.grants import reach_milestone as reach_milestone
from wushe.orders.projects.grants import score_round as score_round
from wushe.orders.projects.records import RECORDS as _RECORDS
from wushe.orders.projects.records import Activity as Activity
from wushe.orders.projects.records import Milestone as Milestone
from wushe.orders.projects.records import Project as Project

DOMAIN = _Domain.of((*activities.EVENTS, *grants.EVENTS), _RECORDS)
