"""Where the samples that come with the product are."""

from pathlib import Path

from layers.errors import NotFoundError

__all__ = ["samples_folder"]


def samples_folder() -> Path:
    """Return the folder of the samples: inside the installed package, else in the checkout.

    Raises
    ------
    NotFoundError
        If neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "samples", package.parent / "data" / "samples"):
        if (folder / "samples.toml").is_file():
            return folder
    raise NotFoundError(
        f"the samples are neither in {package / 'samples'} nor in {package.parent / 'data' / 'samples'}",
        zh="安装包和源码目录中都没有示例数据",
    )
