"""Autoscaling: what application-autoscaling's policies ask for really adds and removes instances.

moto keeps targets, policies and scheduled actions. A target tracking policy gets two CloudWatch alarms, as on AWS, and
a step policy is called by the alarms that name it; an alarm in ALARM calls its policy each minute of the account's
clock, and the policy's cooldown holds it back. What was done is in DescribeScalingActivities.
"""

import json
import sys
import threading
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from .capacity import Capacity
from .control import ControlPlane, Record
from .endpoints import Endpoints, Variant
from .gauges import Gauge
from .invocations import NAMESPACE, InvocationMetrics, dimensions
from .scaling_rules import COOLDOWN, due, stepped, tracked

NOUN = "ScalingActivity"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
PREDEFINED = "SageMakerVariantInvocationsPerInstance"
LOW = 0.9  # of the target: below it, AWS's low alarm takes instances away
CHANGES = ("RegisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy", "DeregisterScalableTarget")
LOOKED = "scaling.looked"


class Scaling:
    """The autoscaling of the endpoints of one account."""

    def __init__(
        self, plane: ControlPlane, endpoints: Endpoints, capacity: Capacity, metrics: InvocationMetrics
    ) -> None:
        self._plane, self._endpoints, self._capacity, self._metrics = plane, endpoints, capacity, metrics
        self._lock = threading.RLock()
        self._arranging = False
        for operation in CHANGES:
            plane.hears(operation, self._arrange)
        plane.watches("Alarm", self._alarmed)
        plane.route(r"/AnyScaleFrontendService\.DescribeScalingActivities", self.activities)

    # -- what moto keeps ---------------------------------------------------------------------------------------
    def _backend(self) -> Any:
        """moto's memory of application-autoscaling; None where nobody has used it."""
        models = sys.modules.get("moto.applicationautoscaling.models")
        if models is None:
            return None
        return models.applicationautoscaling_backends[self._plane.account][self._plane.region]

    def _targets(self) -> list[Any]:
        backend = self._backend()
        return list(backend.targets.get(DIMENSION, {}).values()) if backend else []

    def _policies(self) -> list[Any]:
        backend = self._backend()
        policies = backend.policies.values() if backend else ()
        return [policy for policy in policies if policy.scalable_dimension == DIMENSION]

    def _target(self, resource: str) -> Any:
        return next((target for target in self._targets() if target.resource_id == resource), None)

    # -- targets and policies ----------------------------------------------------------------------------------
    def _arrange(self) -> None:
        """Have an alarm for each target tracking policy and none besides, and every capacity within its limits."""
        with self._lock:
            if self._arranging:
                return
            self._arranging = True
            try:
                self._arrange_alarms()
                for target in self._targets():
                    self._set(
                        target, self._current(target), "the scalable target was registered", self._now()
                    )
            finally:
                self._arranging = False

    def _arrange_alarms(self) -> None:
        client = self._plane.client("cloudwatch")
        alarms = client.describe_alarms(AlarmNamePrefix="TargetTracking-endpoint/")["MetricAlarms"]
        policies = {policy.policy_arn: policy for policy in self._policies()}
        stale = [a["AlarmName"] for a in alarms if not set(a["AlarmActions"]) & set(policies)]
        if stale:
            client.delete_alarms(AlarmNames=stale)
        for arn, policy in policies.items():
            config = policy.target_tracking_scaling_policy_configuration
            if config and not any(arn in alarm["AlarmActions"] for alarm in alarms):
                self._add_alarms(policy, config)

    def _add_alarms(self, policy: Any, config: Record) -> None:
        metric = tracked_metric(policy, config)
        if metric is None:
            return
        from moto.cloudwatch.models import cloudwatch_backends

        client, target = self._plane.client("cloudwatch"), float(config["TargetValue"])
        shapes = [("AlarmHigh", "GreaterThanThreshold", target, 3)]
        if not config.get("DisableScaleIn"):
            shapes.append(("AlarmLow", "LessThanThreshold", target * LOW, 15))
        for title, comparison, threshold, periods in shapes:
            name = f"TargetTracking-{policy.resource_id}-{title}-{uuid.uuid4()}"
            client.put_metric_alarm(
                AlarmName=name,
                AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.policy_arn}.",
                AlarmActions=[policy.policy_arn],
                ComparisonOperator=comparison,
                Threshold=threshold,
                EvaluationPeriods=periods,
                Period=60,
                **metric,
            )
            backend = cloudwatch_backends[self._plane.account][self._plane.region]
            policy.alarms.append(backend.alarms[name])

    def zeros(self) -> Iterable[Gauge]:
        """No traffic is a metric of zero for a variant that is scaled, as on AWS; else nothing would take it in."""
        for target in self._targets():
            if variant := self._variant(target):
                since = self._metrics.last.get((variant.endpoint, variant.name), 0.0)
                where = dimensions(variant.endpoint, variant.name)
                yield Gauge(NAMESPACE, "InvocationsPerInstance", "None", where, 0.0, since)

    # -- alarms ------------------------------------------------------------------------------------------------
    def _alarmed(self, before: Record | None, after: Record) -> None:
        """An alarm is, or is still, in ALARM: do what the policies that it names want."""
        del before
        if after["StateValue"] != "ALARM" or after.get("Value") is None or not self._policies():
            return
        from moto.cloudwatch.models import cloudwatch_backends

        alarm = cloudwatch_backends[self._plane.account][self._plane.region].alarms.get(after["AlarmName"])
        if alarm is None or not alarm.actions_enabled:
            return
        for policy in self._policies():
            if policy.policy_arn in alarm.alarm_actions:
                self._follow(policy, alarm, float(after["Value"]), after["At"])

    def _follow(self, policy: Any, alarm: Any, value: float, moment: float) -> None:
        target = self._target(policy.resource_id)
        if target is None or self._variant(target) is None:
            return
        current = self._current(target)
        if config := policy.target_tracking_scaling_policy_configuration:
            wanted = tracked(current, value, float(config["TargetValue"]))
            scales_in = alarm.comparison_operator.startswith("Less")
            wanted = min(current, wanted) if scales_in else max(current, wanted)
            cooldown = config.get("ScaleInCooldown" if scales_in else "ScaleOutCooldown", COOLDOWN)
        else:
            config = policy.step_scaling_policy_configuration
            wanted = stepped(config, current, value - float(alarm.threshold))
            cooldown = config.get("Cooldown", COOLDOWN)
        if moment - self._last_change(policy.resource_id) < cooldown or suspended(target, wanted - current):
            return
        cause = f"monitor alarm {alarm.name} in state ALARM triggered policy {policy.policy_name}"
        self._set(target, wanted, cause, moment)

    # -- scheduled actions -------------------------------------------------------------------------------------
    def run_scheduled(self) -> None:
        """Do what is due since the last look."""
        now = self._now()
        before = float(self._plane.store.setting(LOOKED, now))
        self._plane.store.set_setting(LOOKED, now)
        backend = self._backend()
        after, until = (datetime.fromtimestamp(moment, UTC) for moment in (before, now))
        for action in list(backend.scheduled_actions) if backend else []:
            if action.scalable_dimension == DIMENSION and due(action.schedule, action.timezone, after, until):
                limits = action.scalable_target_action or {}
                known = {name: limits[name] for name in ("MinCapacity", "MaxCapacity") if name in limits}
                self._plane.client("application-autoscaling").register_scalable_target(
                    ServiceNamespace="sagemaker",
                    ResourceId=action.resource_id,
                    ScalableDimension=DIMENSION,
                    **known,
                )

    # -- capacity ----------------------------------------------------------------------------------------------
    def _variant(self, target: Any) -> Variant | None:
        _, endpoint, _, variant = target.resource_id.split("/")
        live = self._endpoints.get(endpoint)
        return live.variants.get(variant) if live else None

    def _current(self, target: Any) -> int:
        variant = self._variant(target)
        return variant.fleet.desired if variant else 0

    def _set(self, target: Any, wanted: int, cause: str, moment: float) -> None:
        """Have that many instances, within the target's limits."""
        variant = self._variant(target)
        if variant is None:
            return
        count = max(int(target.min_capacity), min(int(target.max_capacity), wanted))
        live = self._endpoints.get(variant.endpoint)
        arn = self._plane.arn("Endpoint", variant.endpoint)
        if count == variant.fleet.desired or live is None or not self._capacity.may_scale(arn):
            return
        self._note(target.resource_id, count, cause, moment)
        self._capacity.set(arn, live, {variant.name: count})

    def _note(self, resource: str, count: int, cause: str, moment: float) -> None:
        number = str(uuid.uuid4())
        activity = {
            "ActivityId": number,
            "ServiceNamespace": "sagemaker",
            "ResourceId": resource,
            "ScalableDimension": DIMENSION,
            "Description": f"Setting desired instance count to {count}.",
            "Cause": cause,
            "StartTime": moment,
            "EndTime": moment,
            "StatusCode": "Successful",
            "StatusMessage": f"Successfully set desired instance count to {count}. "
            "Change successfully fulfilled by sagemaker.",
        }
        self._plane.store.add(NOUN, {"_arn": number, **activity})

    def _last_change(self, resource: str) -> float:
        times = [a["StartTime"] for a in self._plane.records(NOUN) if a["ResourceId"] == resource]
        return max(times, default=0.0)

    def _now(self) -> float:
        return self._plane.clock.time()

    def activities(self, request: Request) -> Response:
        """DescribeScalingActivities, the newest first."""
        asked = json.loads(request.get_data() or b"{}")
        found = [
            {name: value for name, value in activity.items() if name != "_arn"}
            for activity in reversed(self._plane.records(NOUN))
            if asked.get("ResourceId") in (None, activity["ResourceId"])
            and asked.get("ServiceNamespace", "sagemaker") == "sagemaker"
        ]
        return Response(json.dumps({"ScalingActivities": found}), content_type="application/x-amz-json-1.1")


def tracked_metric(policy: Any, config: Record) -> Record | None:
    """The metric of a target tracking policy as PutMetricAlarm takes it; None for one that is not published here."""
    _, endpoint, _, variant = policy.resource_id.split("/")
    if predefined := config.get("PredefinedMetricSpecification"):
        if predefined["PredefinedMetricType"] != PREDEFINED:
            return None
        return {
            "Namespace": NAMESPACE,
            "MetricName": "InvocationsPerInstance",
            "Dimensions": dimensions(endpoint, variant),
            "Statistic": "Sum",
        }
    metric = config.get("CustomizedMetricSpecification", {})
    if "MetricName" not in metric:
        return None
    kept = ("Namespace", "MetricName", "Dimensions", "Statistic", "Unit")
    return {name: metric[name] for name in kept if name in metric}


def suspended(target: Any, change: int) -> bool:
    """Has the target's owner suspended changes in this direction?"""
    state = target.suspended_state or {}
    return bool(state.get("DynamicScalingInSuspended" if change < 0 else "DynamicScalingOutSuspended"))
