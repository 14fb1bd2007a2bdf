"""One plan per household or institution (一户一策), with a reason for every yes and every no."""

from wushe.plan.items import ClientPlan as ClientPlan
from wushe.plan.items import Party as Party
from wushe.plan.items import PlanItem as PlanItem
from wushe.plan.items import Unserved as Unserved
from wushe.plan.make import make_plan as make_plan
from wushe.plan.plan import Plan as Plan
from wushe.plan.verify import check_plan as check_plan
