using Microsoft.AspNetCore.Mvc;

namespace Clinic;

public class VisitsController : ControllerBase
{
    private readonly ClinicContext context;

    public VisitsController(ClinicContext context) => this.context = context;

    [HttpGet("visits")]
    public IActionResult Find(string doctor)
    {
        var visits = context.Visits.FromSqlRaw($"SELECT * FROM Visits WHERE Doctor = '{doctor}'");
        return Ok(visits);
    }
}
