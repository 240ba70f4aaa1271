"""What the README says of lasting values runs as it is written, and does what it says."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_of_a_lasting_value_runs_and_draws_once(tmp_path):
    examples = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    (example,) = [each for each in examples if "ValueCodec" in each]
    drawing = '    return Image.new("L", (64, 64), shade)'
    assert drawing in example
    told = example.replace(drawing, f'    print("drawn")\n{drawing}')
    script = tmp_path / "example.py"
    for program, printed in ((example, ""), (told, "")):
        script.write_text(program)
        ended = subprocess.run(
            [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", printed)
    for part in sorted((tmp_path / "thumbnails").rglob("*"), reverse=True):
        part.rmdir() if part.is_dir() else part.unlink()
    ended = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == "drawn\n"
