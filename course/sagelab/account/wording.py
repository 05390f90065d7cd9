"""AWS's own codes and sentences for a resource that is missing or already there.

SageMaker grew over years, so its resources disagree: an old one answers ValidationException, a new one
ResourceNotFound. Where a noun is not in the tables, the errors that its operations declare decide.
"""

from .errors import ApiError
from .model import ApiModel, Noun

# seen in public reports of AWS's answers; {name} and {arn} are filled in
MISSING = {
    "TrainingJob": "Requested resource not found.",
    "ProcessingJob": "Could not find requested job with name: {name}",
    "TransformJob": "Could not find requested job with name: {name}",
    "NotebookInstance": "RecordNotFound",
    "ModelPackageGroup": "ModelPackageGroup {arn} does not exist.",
    "ModelPackage": "ModelPackage {arn} does not exist.",
}
UNIQUE = (
    "{Words} names must be unique within an AWS account and region, "
    "and a {words} with this name already exists ({arn})"
)


def missing(model: ApiModel, noun: Noun, arn: str) -> ApiError:
    """The refusal of a request that names a resource that is not there."""
    name = arn.partition("/")[2]
    if noun.name in MISSING:
        return ApiError(MISSING[noun.name].format(name=name, arn=arn))
    typed = "ResourceNotFound" in model.errors("Describe" + noun.name)
    code = "ResourceNotFound" if typed else "ValidationException"
    return ApiError(f'Could not find {noun.words} "{arn}".', code)


def taken(model: ApiModel, operation: str, noun: Noun, arn: str) -> ApiError:
    """The refusal of a request to create what is already there."""
    declared = model.errors(operation)
    code = next(
        (c for c in ("ResourceInUse", "ResourceAlreadyExists", "ConflictException") if c in declared), ""
    )
    if code:
        return ApiError(UNIQUE.format(Words=noun.words.capitalize(), words=noun.words, arn=arn), code)
    return ApiError(f'Cannot create already existing {noun.words} "{arn}".')
